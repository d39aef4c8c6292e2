"""The values that the provider's calls take and return.

Phone numbers and texts are left out of every repr, so that no log shows them by accident.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from zettai_worker.provider.secret_fields import SecretFields
from zettai_worker.provider.times import write_minute

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class SendRequest:
    """One message to send, or to reserve if it has a time.

    Attributes:
        phone_number: as `0…` or `+81…`.
        message: 1 to 660 characters.
        client_tag: unique for ever; the provider refuses to send the same tag twice.
        schedule_time: an aware time; None sends at once.
        group_tag: for finding and cancelling reservations together.
        carrier_id: the carrier, if it is known; see `CarrierId`.
        sms_code: the sender code; None for the default one of the client.
    """

    phone_number: str = field(repr=False)
    message: str = field(repr=False)
    client_tag: str
    schedule_time: datetime | None = None
    group_tag: str | None = None
    carrier_id: str | None = None
    sms_code: str | None = None

    def to_fields(self) -> SecretFields:
        """Return the fields under the provider's names."""
        return SecretFields(
            {
                "message": self.message,
                "phoneNumber": self.phone_number,
                "carrierId": self.carrier_id,
                "clientTag": self.client_tag,
                "scheduleTime": write_minute(self.schedule_time) if self.schedule_time else None,
                "groupTag": self.group_tag,
            }
        )


@dataclass(frozen=True, slots=True)
class SendAnswer:
    """The provider accepted the message. A part that its answer does not repeat is None."""

    phone_number: str | None = field(repr=False)
    message: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reservation:
    """A message that the provider will send at its time. A part that is missing in the answer is None."""

    client_tag: str
    phone_number: str = field(repr=False)
    message: str | None = field(repr=False)
    schedule_time: datetime | None


class Rows(list[Value]):
    """The rows of an answer that could be read.

    Attributes:
        skipped: how many rows could not be read, or were counted by the provider and not written. Unless it is 0, the
            absence of a tag proves nothing.
        without_tag: how many rows have no tag, because another application sent them through the same account.
    """

    skipped: int = 0
    without_tag: int = 0
