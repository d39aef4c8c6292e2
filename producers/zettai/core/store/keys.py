"""Every key in Redis, and what it holds. The store's scripts write most of them."""

from dataclasses import dataclass
from datetime import date

from zettai.core.lanes import Lane, queue_name
from zettai.core.states import State


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one account of an installation.

    Accounts share the records, the groups, the events and the suppression list. Everything else, from the indexes of
    messages to the rate limit, has a key of its own for each account: `zettai:state:queued` of the default account is
    `zettai:account:shop:state:queued` of the account `shop`.

    A message that is not in a final state is in exactly one of the indexes `waiting`, `due_to_send` and `due_to_check`:
    a task was published for it, or it has a time at which it is due. So no message can be lost.
    """

    prefix: str
    account: str | None = None

    @property
    def _own(self) -> str:
        """The beginning of the keys that only this account uses."""
        return self.prefix if self.account is None else f"{self.prefix}:account:{self.account}"

    def message(self, client_tag: str) -> str:
        """Hash: the record of a message. Deleted `ZETTAI_RETENTION` after its final state."""
        return f"{self.prefix}:message:{client_tag}"

    def body(self, client_tag: str) -> str:
        """String: the text to send. Deleted when it is not needed any more."""
        return f"{self.prefix}:body:{client_tag}"

    def group(self, group: str) -> str:
        """Sorted set: the tags of a group, by creation time. Deleted with its last message."""
        return f"{self.prefix}:group:{group}"

    def owned(self, owner: str) -> str:
        """Sorted set: the tags of an owner (an API key or a team), by creation time. Deleted with its last message."""
        return f"{self.prefix}:owned:{owner}"

    def state(self, state: State) -> str:
        """Sorted set: the tags in a state, by the time they entered it."""
        return f"{self._own}:state:{state}"

    def waiting(self, lane: Lane) -> str:
        """Sorted set: tags with a task in the lane's queue, by the time the task was published."""
        return f"{self._own}:waiting:{lane}"

    def turns(self, lane: Lane) -> str:
        """Sorted set: the groups of a lane that have waiting messages, by the time of their next turn. Often empty."""
        return f"{self._own}:turns:{lane}"

    @property
    def group_queues(self) -> str:
        """The beginning of the keys of group queues. Scripts add the lane, and the group that a record names."""
        return f"{self._own}:group_queue:"

    def group_queue(self, lane: Lane, group: str | None) -> str:
        """List: the tags of a group that wait for its turns in a lane, oldest first. Some may be canceled already."""
        return f"{self.group_queues}{lane}:{group or ''}"

    @property
    def taken(self) -> str:
        """Hash: the tags that each worker process took last, by lane. They are claimed at once, or lost with it."""
        return f"{self._own}:taken"

    @property
    def due_to_send(self) -> str:
        """Sorted set: tags by the time of their next attempt, or at which their claim times out."""
        return f"{self._own}:due:send"

    @property
    def due_to_check(self) -> str:
        """Sorted set: tags by the time of their next status check."""
        return f"{self._own}:due:check"

    @property
    def claimed_up_to(self) -> str:
        """Hash: for each lane, when the task of the latest claimed message was published. Three fields, permanent."""
        return f"{self._own}:claimed_up_to"

    @property
    def suspension(self) -> str:
        """Hash: why all sending or a sender code is suspended, and when one message tries again. Empty otherwise."""
        return f"{self._own}:suspension"

    @property
    def refusals(self) -> str:
        """Hash: the tag of the first message that met each refusal of the provider. Expires after minutes."""
        return f"{self._own}:refusals"

    @property
    def bulk_cancels(self) -> str:
        """Hash: when a bulk cancel was requested, and until when one runs, by group. Permanent, a few fields."""
        return f"{self._own}:bulk_cancels"

    @property
    def replacements(self) -> str:
        """Hash: successors that wait for a cancel, with their text. Deleted when that has succeeded or is too late."""
        return f"{self.prefix}:replacements"

    @property
    def replacement_outcomes(self) -> str:
        """Hash: how many replacements had each outcome, and how many are `pending`. A few fields, kept forever."""
        return f"{self._own}:replacement_outcomes"

    @property
    def quarantine(self) -> str:
        """Sorted set: the tags of damaged records, by the time they were found. Kept until an operator repairs them."""
        return f"{self._own}:quarantine"

    @property
    def events(self) -> str:
        """Stream: what happened to messages, for applications. It keeps about the latest 1,000,000 events."""
        return f"{self.prefix}:events"

    @property
    def lost_events(self) -> str:
        """Hash: how many events were removed from the stream before a group of readers read them. Permanent."""
        return f"{self.prefix}:lost_events"

    @property
    def webhooks(self) -> str:
        """Hash: what happened at each webhook endpoint: counters, and since when it is paused. Kept until removed."""
        return f"{self.prefix}:webhooks"

    def webhook_lock(self, endpoint: str) -> str:
        """String: the lock of the process that delivers to a webhook endpoint. Expires in seconds unless renewed."""
        return f"{self.prefix}:webhook:{endpoint}:lock"

    def webhook_retries(self, endpoint: str) -> str:
        """Hash: the events that a webhook endpoint did not get yet, by id. At most about 10,000."""
        return f"{self.prefix}:webhook:{endpoint}:retries"

    def webhook_given_up(self, endpoint: str) -> str:
        """Sorted set: the events that a webhook endpoint never got, by the time they were given up. At most 10,000."""
        return f"{self.prefix}:webhook:{endpoint}:given_up"

    def webhook_replays(self, endpoint: str) -> str:
        """List: the events that an operator wants to be delivered again. At most 100,000."""
        return f"{self.prefix}:webhook:{endpoint}:replays"

    @property
    def open_in_groups(self) -> str:
        """Hash: how many messages of each group are not in a final state. A finished group has no field."""
        return f"{self.prefix}:open_in_groups"

    @property
    def finished_groups(self) -> str:
        """Sorted set: groups whose last open message has ended, by that time. The newest 10,000, until their purge."""
        return f"{self.prefix}:finished_groups"

    def urgent_to(self, number_hash: str) -> str:
        """String: the times of the latest urgent messages to a number, by its hash. Expires with its longest limit."""
        return f"{self.prefix}:urgent_to:{number_hash}"

    @property
    def same_text(self) -> str:
        """Hash: how many messages of this minute have a text and a number, by a hash of both. Expires soon."""
        return f"{self.prefix}:same_text"

    @property
    def guard_secret(self) -> str:
        """String: the key of these hashes, if there is no `ZETTAI_SUPPRESSION_KEY`. Permanent."""
        return f"{self.prefix}:guard_secret"

    @property
    def spent(self) -> str:
        """Hash: the billed parts of each day and month, for each budget. Old fields are deleted each day."""
        return f"{self.prefix}:spent"

    @property
    def refused(self) -> str:
        """Hash: how many messages each guard has refused. A few fields, kept forever."""
        return f"{self._own}:refused"

    @property
    def loops(self) -> str:
        """Hash: how many messages each producer sends in a lane, now and usually. A field for each, kept forever."""
        return f"{self._own}:loops"

    @property
    def memory(self) -> str:
        """String: when the memory of Redis was read, and which part of `maxmemory` was used. Permanent."""
        return f"{self._own}:memory"

    @property
    def emptied_groups(self) -> str:
        """Hash: groups in which all messages were suppressed when recorded. Each is reported within minutes."""
        return f"{self.prefix}:emptied_groups"

    @property
    def group_states(self) -> str:
        """Hash: how many messages of each group are in each state, by lane, state and group. Without zeros."""
        return f"{self.prefix}:group_states"

    @property
    def campaigns(self) -> str:
        """Hash: how a group is controlled (pause, pace, window), as JSON. Deleted with the group's last message."""
        return f"{self.prefix}:campaigns"

    @property
    def paces(self) -> str:
        """Hash: for each group with a pace, the time of its next message (µs). Deleted with `campaigns`."""
        return f"{self.prefix}:paces"

    @property
    def numbers(self) -> str:
        """Sorted set: the keyed hash of the number, the time and the tag of each message. Deleted with the message."""
        return f"{self.prefix}:numbers"

    @property
    def digest_key(self) -> str:
        """String: the random key of content digests, if no secret key is set. Made once, and kept forever."""
        return f"{self.prefix}:digest_key"

    @property
    def audit(self) -> str:
        """Stream: what people did, without personal data. It keeps about the latest 100,000 entries."""
        return f"{self.prefix}:audit"

    @property
    def audit_of_keys(self) -> str:
        """Stream: what API keys did, without personal data. It keeps about the latest 100,000 entries."""
        return f"{self.prefix}:audit_of_keys"

    @property
    def suppressions(self) -> str:
        """Hash: the scopes in which a number is suppressed, by the keyed hash of the number. Kept until removed."""
        return f"{self.prefix}:suppressions"

    @property
    def suppression_list(self) -> str:
        """Hash: the fingerprint of the list's key, and how often numbers were added. Two fields, kept forever."""
        return f"{self.prefix}:suppression_list"

    @property
    def suppression_search(self) -> str:
        """Hash: how far reservations were searched for numbers that were added. Three fields, kept forever."""
        return f"{self._own}:suppression_search"

    @property
    def suppressed(self) -> str:
        """Hash: how many messages were canceled as suppressed, by stage. Three fields, kept forever."""
        return f"{self._own}:suppressed"

    @property
    def transitions(self) -> str:
        """Hash: how many messages entered each state, by lane, state and carrier. About 200 fields, kept forever."""
        return f"{self._own}:transitions"

    @property
    def deliveries(self) -> str:
        """Hash: how long deliveries took, by carrier and bucket. About 90 fields, kept forever."""
        return f"{self._own}:deliveries"

    @property
    def billed_parts(self) -> str:
        """Hash: billed parts by month counted, month sent and carrier. About 100 fields, each kept 14 months."""
        return f"{self._own}:billed_parts"

    @property
    def parts_comparison(self) -> str:
        """Hash: the latest month whose billed parts were compared, and the difference of each carrier. Permanent."""
        return f"{self._own}:parts_comparison"

    @property
    def layout(self) -> str:
        """String: the number of the store's layout. A process that does not know it does not start. Permanent."""
        return f"{self.prefix}:layout"

    @property
    def first_counters(self) -> str:
        """Hash: the counters of version 0.1.0. `zettai upgrade` adds them to `transitions` and deletes them."""
        return f"{self.prefix}:moves"

    @property
    def first_suspension(self) -> str:
        """Hash: why version 0.1.0 held all messages. `zettai upgrade` moves it to `suspension`."""
        return f"{self.prefix}:hold"

    @property
    def first_beat(self) -> str:
        """The beginning of the keys of beat in version 0.1.0. `zettai upgrade` deletes them."""
        return f"{self.prefix}:beat:"

    @property
    def first_others(self) -> tuple[str, ...]:
        """The keys of version 0.1.0 that have no successor. `zettai upgrade` deletes them."""
        return f"{self.prefix}:passed", f"{self.prefix}:ran"

    @property
    def last_runs(self) -> str:
        """Hash: when each periodic job last finished, on any host. A few fields, kept forever."""
        return f"{self._own}:last_runs"

    def failed_day(self, day: date) -> str:
        """String: the provider's list of a day could not be read, so its messages are checked by tag. Expires."""
        return f"{self._own}:failed_day:{day}"

    def job_lock(self, job: str) -> str:
        """String: the lock of a running comparison with the provider. Expires after minutes unless it is renewed."""
        return f"{self._own}:lock:{job}"

    @property
    def limiter(self) -> str:
        """Hash: the rate limiter's timeline. It never expires: if it is missing, its history was lost."""
        return f"{self._own}:limiter"

    def rate(self, caller: str) -> str:
        """Sorted set: the times of an API key's calls to the gateway in the last second."""
        return f"{self.prefix}:rate:{caller}"

    @property
    def csv_rows(self) -> str:
        """Hash: how many rows of files had each outcome. A few fields, kept forever."""
        return f"{self.prefix}:csv_rows"

    def csv_run(self, name: str) -> str:
        """String: the prefix of tags of the latest `send-csv` of a file, by its name or content. Expires in 30 days."""
        return f"{self.prefix}:csv_run:{name}"

    def failed_logins(self, address: str) -> str:
        """String: how many logins to the console failed lately from an address. Expires after 10 minutes."""
        return f"{self.prefix}:failed_logins:{address}"

    def ended_session(self, session: str) -> str:
        """String: a logout ended this session of the console. Expires after `ZETTAI_CONSOLE_SESSION`."""
        return f"{self.prefix}:ended_session:{session}"

    @property
    def broker(self) -> str:
        """The prefix of Celery's own keys."""
        return f"{self.prefix}:celery:"

    def queue(self, lane: Lane) -> str:
        """List: the Celery queue of a lane. That of an account is `normal@shop`."""
        return f"{self.broker}{queue_name(lane, self.account)}"

    @property
    def ticks(self) -> str:
        """Hash: when each periodic job is due, when its last tick was handed out, and whether it waits. Permanent."""
        return f"{self._own}:ticks"
