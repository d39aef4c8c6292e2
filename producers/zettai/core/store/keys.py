"""Every key in Redis, named once. What the keys hold is described here, and written by the store's scripts."""

from dataclasses import dataclass

from zettai.core.lanes import SENDING_LANES, Lane
from zettai.core.states import State


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one installation.

    Each message that is not final stands in exactly one of `waiting`, `due_to_send` and `due_to_check`:
    either a task is on its way to it, or a time is set at which somebody looks. So none can be forgotten.
    """

    prefix: str

    def message(self, client_tag: str) -> str:
        """Hash: the record, for the retention time (`ZETTAI_RETENTION`) after its final state."""
        return f"{self.prefix}:message:{client_tag}"

    def body(self, client_tag: str) -> str:
        """String: the text to send, gone once the provider has it or never will."""
        return f"{self.prefix}:body:{client_tag}"

    def group(self, group: str) -> str:
        """Sorted set: the tags of a group by creation, gone with its last message."""
        return f"{self.prefix}:group:{group}"

    def state(self, state: State) -> str:
        """Sorted set: the tags in a state, by the time they came into it."""
        return f"{self.prefix}:state:{state}"

    def waiting(self, lane: Lane) -> str:
        """Sorted set: tags that a task in the lane's queue should claim, by the time it was published."""
        return f"{self.prefix}:waiting:{lane}"

    @property
    def due_to_send(self) -> str:
        """Sorted set: tags by the time of their next try, or at which their worker's lease runs out."""
        return f"{self.prefix}:due:send"

    @property
    def due_to_check(self) -> str:
        """Sorted set: tags by the time of their next status check."""
        return f"{self.prefix}:due:check"

    @property
    def passed(self) -> str:
        """Hash: for each lane, when the latest message claimed so far was published. Three fields, for ever."""
        return f"{self.prefix}:passed"

    @property
    def hold(self) -> str:
        """Hash: why the whole account is held (quota), and when to try again. Gone when it is over."""
        return f"{self.prefix}:hold"

    @property
    def moves(self) -> str:
        """Hash: how many messages came into each state, by lane, state and carrier. Some 200 fields, for ever."""
        return f"{self.prefix}:moves"

    @property
    def deliveries(self) -> str:
        """Hash: how long deliveries took, by carrier and bucket. Some 90 fields, for ever."""
        return f"{self.prefix}:deliveries"

    @property
    def ran(self) -> str:
        """Hash: when each of beat's rounds last came to its end, anywhere. A few fields, for ever."""
        return f"{self.prefix}:ran"

    def run(self, job: str) -> str:
        """String: the lock of a comparison that is under way; a few minutes, and longer while it goes on."""
        return f"{self.prefix}:run:{job}"

    @property
    def limiter(self) -> str:
        """Hash: the limiter's timeline. No lifetime: its absence means that its history was lost."""
        return f"{self.prefix}:limiter"

    def rate(self, caller: str) -> str:
        """Sorted set: the times of the calls that an API key made at the gateway in the last second."""
        return f"{self.prefix}:rate:{caller}"

    @property
    def broker(self) -> str:
        """The prefix of Celery's own keys."""
        return f"{self.prefix}:celery:"

    def queue(self, lane: Lane) -> str:
        """List: the Celery queue of a lane."""
        return f"{self.broker}{lane}"

    def beat(self, name: str) -> str:
        """What celery-redbeat keeps: `:lock` while a beat is at work, `:schedule` by the time of each next tick."""
        return f"{self.prefix}:beat:{name}"

    def shared(self) -> list[str]:
        """The keys that every script of the store gets first, in the order that `store.scripts` names them."""
        return [
            *(self.state(state) for state in State),
            *(self.waiting(lane) for lane in SENDING_LANES),
            self.due_to_send,
            self.due_to_check,
            self.passed,
            self.hold,
            self.moves,
            self.deliveries,
        ]
