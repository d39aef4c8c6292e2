"""What must hold whatever the provider does. A broken promise is noted at once, and raised between two steps."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from tests.integration.model.machinery import Slots, Task, TaskList
from tests.integration.model.provider_model import ProviderModel
from tests.support.redis_clock import RedisClock

from zettai import Message
from zettai.core.lanes import Lane
from zettai.core.tasks import TaskName
from zettai_worker.provider.client import CANCEL_RESERVATION, CANCEL_RESERVATIONS, SEND
from zettai_worker.settings import WorkerSettings

MOST_CALLS = 60
"""Calls that one message may cause beside its sends, in all its life."""

CANCEL_TASKS = frozenset({TaskName.CANCEL, TaskName.CANCEL_GROUP, TaskName.CANCEL_ALL})

URGENT_TASKS = CANCEL_TASKS | {TaskName.SEND}


@dataclass(frozen=True)
class Sent:
    """A message that an application has sent, as it was recorded first."""

    message: Message
    body: str


class Promises:
    """Watches the calls and the tasks of one example.

    Attributes:
        tags: of all messages.
        read: returns a message as it is in the store.
    """

    def __init__(
        self, clock: RedisClock, settings: WorkerSettings, provider: ProviderModel, slots: Slots, tasks: TaskList
    ) -> None:
        self.tags: list[str] = []
        self.read: Callable[[str], Message] = lambda tag: self._sent[tag].message
        self._clock = clock
        self._settings = settings
        self._calls_of_provider = provider.calls
        self._slots = slots
        self._sent: dict[str, Sent] = {}
        self._asked_for_cancel: set[str] = set()
        self._successors: dict[str, list[str]] = {}
        self._calls: Counter[str] = Counter()
        self._canceled_before: set[str] = set()
        self._broken: list[str] = []
        self._task: Task | None = None
        self._calls_of_task: set[tuple[str, str]] = set()
        self._is_beat = False
        provider.on_call = self._called
        provider.calls.on_canceled = self._canceled
        tasks.on_publish = self._published

    def add(self, message: Message, body: str) -> None:
        """Watch a message."""
        self.tags.append(message.client_tag)
        self._sent[message.client_tag] = Sent(message, body)

    def asked_for_cancel(self, tags: Iterable[str]) -> None:
        """Note that an application or an operator asks to cancel these messages."""
        self._asked_for_cancel.update(tags)

    def asked_for_replacement(self, tag: str, new_tag: str, body: str) -> None:
        """Note that an application asks to replace a message, and watch the successor."""
        self.tags.append(new_tag)
        self._sent[new_tag] = Sent(self._sent[tag].message, body)
        self._successors.setdefault(tag, []).append(new_tag)

    @contextmanager
    def beat(self) -> Iterator[None]:
        """Note that the tasks that are published inside come from beat."""
        outer, self._is_beat = self._is_beat, True
        yield
        self._is_beat = outer

    @contextmanager
    def task(self, task: Task) -> Iterator[None]:
        """Note which task makes the calls inside."""
        outer = self._task, self._calls_of_task, self._is_beat
        self._task, self._calls_of_task, self._is_beat = task, set(), False
        yield
        self._task, self._calls_of_task, self._is_beat = outer

    def completed(self) -> None:
        """Note that the task has recorded the outcomes of its calls."""
        self._canceled_before |= {tag for endpoint, tag in self._calls_of_task if endpoint == CANCEL_RESERVATION}

    def check(self) -> None:
        """Raise an error if a promise was broken."""
        if self._broken:
            raise AssertionError("; ".join(self._broken))

    def check_time(self, messages: Callable[[], Iterable[Message]]) -> None:
        """Check that no message is left open for longer than anything may take.

        It may be found at the provider as late as `give_up_after` after its expiry, and is then followed for as long
        again. Each gap between two questions may be added.
        """
        longest = 2 * self._settings.give_up_after * (1 + 1 / 12) + timedelta(hours=1)
        latest = max((sent.message.expires_at for sent in self._sent.values()), default=self._clock.now)
        if self._clock.now <= latest + longest:
            return
        is_open = [one for one in messages() if not one.state.is_final and self._clock.now > one.expires_at + longest]
        if is_open:
            raise AssertionError(f"not final by time alone: {', '.join(f'{m.client_tag} {m.state}' for m in is_open)}")

    def calls(self, tag: str) -> int:
        """Return how many calls a message caused beside its sends."""
        return self._calls[tag]

    def goes_out(self, tag: str) -> bool:
        """Return whether the provider sent a message, or will send it."""
        held = self._calls_of_provider.account.held.get(tag)
        return held is not None and held.canceled_at is None

    def check_ends(self, messages: Iterable[Message]) -> None:
        """Check the final states."""
        self._calls_of_provider.happen()
        messages = list(messages)
        recorded = {message.client_tag: message for message in messages}
        for tag, new_tags in self._successors.items():
            self._check_replacement(tag, new_tags, recorded)
        for message in messages:
            if not message.state.is_final:
                raise AssertionError(f"{message.client_tag} is {message.state} and never due")
            if not self.goes_out(message.client_tag) or not message.state.was_never_sent:
                continue
            lies = self._calls_of_provider.lies[message.client_tag]
            if not lies.excuse(message.state, self._settings.status_lag):
                raise AssertionError(f"{message.client_tag} is {message.state}, and the provider sends it. {lies}")

    def _check_replacement(self, tag: str, new_tags: Iterable[str], recorded: Mapping[str, Message]) -> None:
        """Check that exactly one of a message and its successors is left, or none that an application canceled."""
        old, kept = recorded[tag], [new_tag for new_tag in new_tags if new_tag in recorded]
        is_canceled = not self._asked_for_cancel.isdisjoint({tag, *new_tags})
        expected = [old.replaced_by] if old.replaced_by is not None else []
        if kept != expected:
            raise AssertionError(f"{tag} is replaced by {expected}, and {kept} are recorded")
        if kept and not old.state.was_never_sent:
            raise AssertionError(f"{tag} is {old.state}, and its successor {kept[0]} is recorded too")
        if not kept and old.state.was_never_sent and not is_canceled:
            raise AssertionError(f"{tag} is {old.state}, and it has no successor")

    def _called(self, endpoint: str, fields: dict[str, str]) -> None:
        tag = fields.get("clientTag")
        self._calls_of_task.add((endpoint, tag or ""))
        if endpoint == SEND:
            self._sending(fields)
        elif tag is not None:
            self._calls[tag] += 1
            if self._calls[tag] == MOST_CALLS + 1:
                self._broken.append(f"{tag} causes more than {MOST_CALLS} calls outside its sends")
        if self._slots.lane is Lane.URGENT and not self._may_be_urgent(endpoint, tag):
            self._broken.append(f"{endpoint} {tag} takes a slot of the urgent lane")

    def _may_be_urgent(self, endpoint: str, tag: str | None) -> bool:
        """Return whether a call may use the urgent lane: sends and cancels, and what is asked for them at once."""
        if endpoint in {SEND, CANCEL_RESERVATION, CANCEL_RESERVATIONS} or self._task is None:
            return True
        if self._task.name == TaskName.SEND:
            return (SEND, tag) in self._calls_of_task
        return self._task.name in CANCEL_TASKS and self._task.lane is Lane.URGENT

    def _sending(self, fields: dict[str, str]) -> None:
        tag = fields["clientTag"]
        sent = self._sent.get(tag)
        if sent is None:
            self._broken.append(f"{tag} is sent, and no application asked for it")
        elif (fields["phoneNumber"], fields["message"]) != (sent.message.to, sent.body):
            self._broken.append(f"{tag} is sent with another number or text")
        elif self._clock.now > (expires_at := self.read(tag).expires_at):
            self._broken.append(f"{tag} is sent {self._clock.now - expires_at} after its expiry")

    def _canceled(self, tag: str) -> None:
        # A message that counts as never sent is canceled as it should be, if the provider took it all the same. A
        # provider that refuses a message may take it too. Then no record says that the provider has the message.
        is_known = not self.read(tag).state.was_never_sent and not self._calls_of_provider.lies[tag].refused
        if tag not in self._asked_for_cancel and tag not in self._successors and is_known:
            self._broken.append(f"{tag} is canceled at the provider, and nobody asked for it")

    def _published(self, task: Task) -> None:
        if task.lane is not Lane.URGENT:
            return
        if task.name not in URGENT_TASKS:
            self._broken.append(f"{task} is published in the urgent lane")
        if task.name == TaskName.CANCEL and self._is_beat:
            [tags] = task.arguments
            repeated = [tag for tag in tags if tag in self._canceled_before]  # type: ignore[attr-defined]
            if repeated:
                self._broken.append(f"a repeated cancel of {', '.join(repeated)} is published in the urgent lane")
