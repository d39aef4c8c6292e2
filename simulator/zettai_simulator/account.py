"""The account: all messages that the provider accepted.

Only this module accepts messages, cancels them or makes them due. It contains no HTTP and no answers.
"""

from collections.abc import Callable, Iterable
from datetime import date

from zettai_simulator import clock, codes
from zettai_simulator.carriers import Pace, fate_of
from zettai_simulator.messages import Canceller, Message, State
from zettai_simulator.submissions import Submission


class Account:
    """All messages of the account.

    Args:
        pace: How long carriers take.
        quota: Number of sends that the plan has left; None for no quota.
    """

    def __init__(self, pace: Pace, quota: int | None = None) -> None:
        self.quota = quota
        self.messages: list[Message] = []
        self._pace = pace
        self._tagged: dict[str, Message] = {}
        self._reserved: dict[int, Message] = {}
        self._posts: dict[str, list[int]] = {}

    def see_post(self, client_tag: str, arrival: int) -> None:
        """Record a request with this client tag, whether it will be accepted or not."""
        self._posts.setdefault(client_tag, []).append(arrival)

    def posts(self, client_tag: str) -> list[int]:
        """Return when requests with this client tag arrived."""
        return self._posts.get(client_tag, [])

    def take(self, submission: Submission, now: int) -> Message:
        """Accept a message: send it now, or reserve it.

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
        """Return the message with this client tag, in any state."""
        return self._tagged.get(client_tag)

    def reservations(self, now: int) -> list[Message]:
        """Return the open reservations, oldest first."""
        for message in [m for m in self._reserved.values() if m.due_at <= now]:
            self._reserved.pop(message.serial, None)
        return list(self._reserved.values())

    def sent_on(self, day: date, now: int) -> list[Message]:
        """Return the messages sent on this day (Japan time), in the order in which they were accepted."""
        start, end = clock.bounds_of(day)
        return [m for m in self.messages if start <= m.due_at < end and m.state(now) is State.SENT]

    def cancel(self, client_tag: str, now: int, by: Canceller = Canceller.CALL) -> Message:
        """Cancel one reservation.

        Raises:
            RefusedError: It was sent or canceled before, or does not exist.
        """
        message = self._tagged.get(client_tag)
        if message is None or message.cancelled_at is not None:
            raise codes.no_reservation()
        if message.due_at <= now:
            raise codes.already_sent()
        self._cancel(message, now, by)
        return message

    def cancel_all(self, fits: Callable[[Message], bool], now: int) -> int:
        """Cancel each reservation that matches, and return how many did."""
        chosen = [message for message in self.reservations(now) if fits(message)]
        for message in chosen:
            self._cancel(message, now, Canceller.CALL)
        return len(chosen)

    def make_due(self, client_tags: Iterable[str] | None, now: int) -> list[Message]:
        """Send reservations now, before their time: those with these client tags, or all."""
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
