"""What goes to the provider and what comes back, as values. How they travel and are decoded lives elsewhere.

Phone numbers and bodies are left out of every repr, so that no log shows them by accident.
"""

from dataclasses import dataclass, field
from datetime import datetime

from zettai_worker.provider.fields import Fields
from zettai_worker.provider.times import write_minute


@dataclass(frozen=True, slots=True)
class SendRequest:
    """One message to send, or to reserve where it has a time.

    Attributes:
        phone_number: as `0…` or `+81…`.
        message: 1 to 660 characters.
        client_tag: unique for ever; what makes a second send of the same message impossible.
        schedule_time: aware; None sends at once.
        group_tag: for finding and cancelling reservations together.
        carrier_id: where the carrier is known, see `CarrierId`.
    """

    phone_number: str = field(repr=False)
    message: str = field(repr=False)
    client_tag: str
    schedule_time: datetime | None = None
    group_tag: str | None = None
    carrier_id: str | None = None

    def to_fields(self) -> Fields:
        """Name the fields as the provider does."""
        return Fields(
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
    """The provider took the message; None where it did not repeat a part of it."""

    phone_number: str | None = field(repr=False)
    message: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reservation:
    """A message that the provider holds back until its time; None where it did not tell a part."""

    client_tag: str
    phone_number: str = field(repr=False)
    message: str | None = field(repr=False)
    schedule_time: datetime | None
