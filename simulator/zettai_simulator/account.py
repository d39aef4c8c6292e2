"""The account: all messages that the provider accepted.

Only this module accepts messages, cancels them or makes them due. It contains no HTTP and no answers.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from itertools import islice, takewhile

from zettai_simulator import clock, codes, fields
from zettai_simulator.behavior import Behavior
from zettai_simulator.carriers import Pace, fate_of
from zettai_simulator.messages import Canceller, Message, State
from zettai_simulator.submissions import Submission


class Account:
    """All messages of the account.

    Args:
        pace: How long carriers take.
        quota: Number of sends that the plan has left; None for no quota.
        senders: The sender codes of the account; None for all.
        behavior: What it does differently.

    Attributes:
        other_parts: Billed parts of messages from before the start, by the first day of their month and by carrier.
    """

    def __init__(
        self,
        pace: Pace,
        quota: int | None = None,
        behavior: Behavior | None = None,
        senders: frozenset[str] | None = None,
    ) -> None:
        self.quota = quota
        self.senders = senders
        self.messages: list[Message] = []
        self.behavior = behavior or Behavior()
        self.other_parts: dict[date, dict[str, int]] = {}
        self._pace = pace
        self._tagged: dict[str, Message] = {}
        self._tags: list[str] = []
        self._reserved: list[Message] = []
        self._posts: dict[str, list[int]] = {}

    def see_post(self, client_tag: str, arrival: int) -> None:
        """Record a request with this client tag, whether it will be accepted or not."""
        self._posts.setdefault(client_tag, []).append(arrival)

    def posts(self, client_tag: str) -> list[int]:
        """Return when requests with this client tag arrived."""
        return self._posts.get(client_tag, [])

    def check_sender(self, code: str) -> str:
        """Return a sender code.

        Raises:
            RefusedError: It is not one of the account.
        """
        if self.senders is not None and code not in self.senders:
            raise codes.invalid("smsCode")
        return fields.matching(code, "smsCode", fields.SMS_CODE)

    def take(self, submission: Submission, now: int) -> Message:
        """Accept a message: send it now, or reserve it.

        Raises:
            RefusedError: Its tag was used before, or the quota is used up.
        """
        if submission.client_tag in self._tagged:
            raise codes.duplicate_tag()
        self._spend()
        fate = fate_of(submission.phone_number, submission.carrier_id, self._pace)
        serial, behavior = len(self.messages), self.behavior
        ahead = clock.micros(behavior.clock_ahead)
        message = Message(
            serial,
            submission,
            fate,
            taken_at=now,
            due_at=now if submission.schedule_at is None else submission.schedule_at - ahead,
            sent_text=behavior.text(submission.message, serial),
            shown_number=behavior.number(submission.phone_number),
        )
        self._keep(message)
        return message

    def find(self, client_tag: str) -> Message | None:
        """Return the message with this client tag, in any state."""
        return self._tagged.get(client_tag)

    def search(self, client_tag: str, now: int) -> list[Message]:
        """Return the messages that a search for a client tag finds at this time, in the order of their tags."""
        tags = [client_tag]
        if self.behavior.prefix_match:
            following = islice(self._tags, bisect_left(self._tags, client_tag), None)
            tags = list(takewhile(lambda tag: tag.startswith(client_tag), following))
        found = (self._tagged.get(tag) for tag in tags)
        return [message for message in found if message is not None and message.taken_at <= now]

    def reservations(self, now: int) -> list[Message]:
        """Return the reservations that were open at this time, oldest first."""
        return [m for m in self._reserved if m.taken_at <= now and m.state(now) is State.RESERVED]

    def sent_on(self, day: date, now: int) -> list[Message]:
        """Return the messages sent on this day (Japan time), in the order in which they were accepted."""
        start, end = clock.bounds_of(day)
        return [m for m in self.messages if start <= m.due_at < end and m.state(now) is State.SENT]

    def billed_parts(self, month: date, now: int) -> dict[str, int]:
        """Return the billed parts of a month by carrier, without zeros. A message belongs to the month it was sent in.

        Args:
            month: The first day of the month.
            now: What is not final at this time is not counted, and neither is what was sent on this day.
        """
        counts = Counter(self.other_parts.get(month, {}))
        today = clock.day_of(now)
        for message in self.messages:
            day = clock.day_of(message.due_at)
            if day.replace(day=1) == month and day < today and message.state(now) is State.SENT:
                counts[message.fate.carrier.id] += message.billed_parts(message.status(now))
        return {carrier: count for carrier, count in sorted(counts.items()) if count}

    def cancel(self, client_tag: str, now: int, by: Canceller = Canceller.CALL) -> Message:
        """Cancel one reservation.

        Raises:
            RefusedError: It was sent or canceled before, or does not exist.
        """
        message = self._tagged.get(client_tag)
        if message is None:
            raise codes.no_reservation()
        if message.cancelled_at is not None:
            return self._cancelled_again(message)
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
            insort(self._tags, message.submission.client_tag)
        if message.submission.schedule_at is not None:
            self._reserved.append(message)

    def _cancel(self, message: Message, now: int, by: Canceller) -> None:
        message.cancelled_at = now
        message.cancelled_by = by

    def _cancelled_again(self, message: Message) -> Message:
        code = self.behavior.canceled_again
        if code != codes.Code.SUCCESS:
            raise codes.RefusedError(code, codes.no_reservation().message)
        return message
