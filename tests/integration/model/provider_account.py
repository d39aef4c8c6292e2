"""What the provider really has: which messages it took, canceled and sent, and what its lists show of them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from zettai.core.times import JST

DELIVERY_TIME = timedelta(seconds=20)
"""From the sending of a message to its final status."""


@dataclass(frozen=True)
class Traits:
    """How this provider is, through the whole example.

    Attributes:
        lag: how late its lists show a change. Less than `WorkerSettings.status_lag`, which is the assumption.
        ahead: how far its clock is ahead of ours. Less than `CLOCK_TOLERANCE` in both directions.
        final_status: the last `statusId` of each message.
        rewrites: whether status rows have the text as the recipient got it.
        national_numbers: whether its rows have numbers as 090….
        says_already_sent: whether checkreservation.json answers 130 for a message that was sent, or no row.
        repeats_cancel: whether a repeated cancel is answered with 0, or with code 200.
    """

    lag: timedelta = timedelta()
    ahead: timedelta = timedelta()
    final_status: int = 2
    rewrites: bool = False
    national_numbers: bool = False
    says_already_sent: bool = False
    repeats_cancel: bool = False


@dataclass
class Held:
    """A message that the provider took."""

    tag: str
    number: str
    text: str
    group: str | None
    send_at: datetime | None
    taken_at: datetime
    sends_at: datetime
    canceled_at: datetime | None = None

    def is_sent(self, now: datetime) -> bool:
        """Return whether the message is on its way to the recipient."""
        return self.canceled_at is None and self.sends_at <= now

    def is_reserved(self, now: datetime) -> bool:
        """Return whether the message waits for its time."""
        is_canceled = self.canceled_at is not None and self.canceled_at <= now
        return self.send_at is not None and self.taken_at <= now < self.sends_at and not is_canceled


class Account:
    """The messages of the account at the provider. Times are those of our clock."""

    def __init__(self, traits: Traits) -> None:
        self.traits = traits
        self.held: dict[str, Held] = {}

    def take(self, fields: dict[str, str], now: datetime) -> int:
        """Take a message, and return the code."""
        tag = fields["clientTag"]
        if tag in self.held:
            return 400
        send_at = None
        if "scheduleTime" in fields:
            send_at = datetime.strptime(fields["scheduleTime"], "%Y-%m-%d %H:%M").replace(tzinfo=JST)
            if send_at <= now + self.traits.ahead:
                return 110
        sends_at = now if send_at is None else send_at - self.traits.ahead
        number, text, group = fields["phoneNumber"], fields["message"], fields.get("groupTag")
        self.held[tag] = Held(tag, number, text, group, send_at, now, sends_at)
        return 0

    def cancel(self, tag: str, now: datetime) -> int:
        """Cancel a reservation, and return the code."""
        held = self.held.get(tag)
        if held is not None and held.is_reserved(now):
            held.canceled_at = now
            return 0
        if held is not None and held.canceled_at is not None and self.traits.repeats_cancel:
            return 0
        return 130 if held is not None and held.is_sent(now) else 200

    def reserved(self, fields: dict[str, str], now: datetime) -> list[Held]:
        """Return the reservations that match the fields of a bulk cancel."""
        found = []
        for held in self.held.values():
            day = (held.send_at or now).astimezone(JST).strftime("%Y%m%d")
            is_in_time = fields.get("startDate", day) <= day <= fields.get("endDate", day)
            if held.is_reserved(now) and is_in_time and fields.get("groupTag") in {None, held.group}:
                found.append(held)
        return found

    def shown_as_sent(self, now: datetime) -> list[Held]:
        """Return the messages that status.json shows."""
        return [held for held in self.held.values() if held.is_sent(now - self.traits.lag)]

    def shown_as_reserved(self, now: datetime) -> list[Held]:
        """Return the messages that checkreservation.json shows."""
        seen_until = now - self.traits.lag
        return [held for held in self.held.values() if held.is_reserved(now) and held.taken_at <= seen_until]

    def status_row(self, held: Held, now: datetime, status_id: int | None = None) -> dict[str, Any]:
        """Return a row of status.json."""
        is_on_its_way = now - held.sends_at < DELIVERY_TIME
        true_status = 1 if is_on_its_way else self.traits.final_status
        text = held.text.strip().replace("\r\n", "\n") + "?" if self.traits.rewrites else held.text
        return {
            "dateTime": held.sends_at.astimezone(JST).strftime("%Y%m%d %H%M%S000"),
            "phoneNumber": self._number(held),
            "message": text,
            "smsCode": 12345,
            "carrierId": "103",
            "carrierName": "docomo",
            "statusId": str(true_status if status_id is None else status_id),
            "clientTag": held.tag,
            "detailedStatusId": "31732",
            "separatedSuccessCount": 1,
        }

    def reservation_row(self, held: Held) -> dict[str, Any]:
        """Return a row of checkreservation.json."""
        return {
            "scheduleTime": (held.send_at or held.taken_at).astimezone(JST).strftime("%Y-%m-%d %H:%M"),
            "phoneNumber": self._number(held),
            "message": held.text,
            "smsCode": 12345,
            "clientTag": held.tag,
        }

    def _number(self, held: Held) -> str:
        return f"0{held.number.removeprefix('+81')}" if self.traits.national_numbers else held.number


def day_of(moment: datetime) -> date:
    """Return the day in Japan."""
    return moment.astimezone(JST).date()
