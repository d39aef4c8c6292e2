"""The account: every message that the provider took.

Only here is one taken, cancelled or brought forward. It knows neither HTTP nor what answers look like.
"""

from collections.abc import Callable, Iterable
from datetime import date

from zettai_simulator import clock, codes
from zettai_simulator.carriers import Pace, fate_of
from zettai_simulator.messages import Canceller, Message, State
from zettai_simulator.submissions import Submission


class Account:
    """The truth about all messages.

    Args:
        pace: How long carriers take.
        quota: How many sends the plan has left; None is no end of them.
    """

    def __init__(self, pace: Pace, quota: int | None = None) -> None:
        self.quota = quota
        self.messages: list[Message] = []
        self._pace = pace
        self._tagged: dict[str, Message] = {}
        self._reserved: dict[int, Message] = {}
        self._posts: dict[str, list[int]] = {}

    def see_post(self, client_tag: str, arrival: int) -> None:
        """Remember that a send with this tag came in, whether or not it will be taken."""
        self._posts.setdefault(client_tag, []).append(arrival)

    def posts(self, client_tag: str) -> list[int]:
        """When sends with this tag came in."""
        return self._posts.get(client_tag, [])

    def take(self, submission: Submission, now: int) -> Message:
        """Take a message: send it now, or reserve it.

        Raises:
            RefusedError: Its tag was used before, or the quota is used up.
        """
        if submission.client_tag in self._tagged:
            raise codes.duplicate_tag()
        self._spend()
        fate = fate_of(submission.phone_number, submission.carrier_id, self._pace)
        due_at = now if submission.schedule_at is None else submission.schedule_at
        message = Message(len(self.messages), submission, fate, taken_at=now, due_at=due_at)
        self._keep(message)
        return message

    def find(self, client_tag: str) -> Message | None:
        """The message with this tag, in whatever state."""
        return self._tagged.get(client_tag)

    def reservations(self, now: int) -> list[Message]:
        """The messages that wait for their minute, oldest first."""
        for message in [m for m in self._reserved.values() if m.due_at <= now]:
            self._reserved.pop(message.serial, None)
        return list(self._reserved.values())

    def sent_on(self, day: date, now: int) -> list[Message]:
        """The messages sent on this Japanese day, in the order they were taken."""
        start, end = clock.bounds_of(day)
        return [m for m in self.messages if start <= m.due_at < end and m.state(now) is State.SENT]

    def cancel(self, client_tag: str, now: int, by: Canceller = Canceller.CALL) -> Message:
        """Cancel one reservation.

        Raises:
            RefusedError: It was sent already, was cancelled before, or never was.
        """
        message = self._tagged.get(client_tag)
        if message is None or message.cancelled_at is not None:
            raise codes.no_reservation()
        if message.due_at <= now:
            raise codes.already_sent()
        self._cancel(message, now, by)
        return message

    def cancel_all(self, fits: Callable[[Message], bool], now: int) -> int:
        """Cancel every reservation that fits; answers how many there were."""
        chosen = [message for message in self.reservations(now) if fits(message)]
        for message in chosen:
            self._cancel(message, now, Canceller.CALL)
        return len(chosen)

    def make_due(self, client_tags: Iterable[str] | None, now: int) -> list[Message]:
        """Send reservations now that would be due later: those with these tags, or all."""
        wanted = None if client_tags is None else set(client_tags)
        chosen = [m for m in self.reservations(now) if wanted is None or m.submission.client_tag in wanted]
        for message in chosen:
            message.due_at = now
        return chosen

    def _spend(self) -> None:
        if self.quota is None:
            return
        if self.quota <= 0:
            raise codes.quota_used_up()
        self.quota -= 1

    def _keep(self, message: Message) -> None:
        self.messages.append(message)
        if message.submission.client_tag is not None:
            self._tagged[message.submission.client_tag] = message
        if message.submission.schedule_at is not None:
            self._reserved[message.serial] = message

    def _cancel(self, message: Message, now: int, by: Canceller) -> None:
        message.cancelled_at = now
        message.cancelled_by = by
        self._reserved.pop(message.serial, None)
