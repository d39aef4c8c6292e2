"""The carriers: which one a number has, and the result of a message there.

All of it is a pure function of the phone number, so a test chooses the outcome by choosing the number.

The carrier, where the caller names none, follows from the digit behind 0X0:

| number | carrier |
|---|---|
| 0X01 to 0X04 | 103 docomo |
| 0X05 to 0X07 | 101 au (KDDI) |
| 0X08 | 105 SoftBank |
| 0X09 | 106 Rakuten Mobile |

The end follows from the last three digits; each number that is not in the table is delivered:

| number | end |
|---|---|
| …721 …821 | failed: congestion |
| …732 | failed: no such number |
| …823 …824 …833 | failed: out of reach, power off or busy |
| …834 | failed: refused by the handset |
| …997 | failed with a `detailedStatusId` that no specification lists |
| …998 | being sent, for ever |
| …999 | unknown, for ever |
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

FAILING = frozenset({"721", "821", "732", "823", "824", "833", "834"})
"""Suffixes of numbers that fail, which are the documented causes of a failure."""

UNDOCUMENTED = "997"
"""Suffix of numbers that fail for a cause that is not documented."""

STUCK_SENDING = "998"
"""Suffix of numbers whose messages stay in the status `sending`."""

STUCK_UNKNOWN = "999"
"""Suffix of numbers whose messages stay in the status `unknown`."""

_UNDOCUMENTED_ID = "71999"
_UNKNOWN_PART = 4  # for the first quarter of its way the status of a message is unknown


class Status(IntEnum):
    """The provider's `statusId`."""

    UNKNOWN = 0
    SENDING = 1
    DELIVERED = 2
    FAILED = 3


@dataclass(frozen=True, slots=True)
class Carrier:
    """One mobile network."""

    id: str
    name: str
    module: str


CARRIERS: Mapping[str, Carrier] = {
    carrier.id: carrier
    for carrier in (
        Carrier("101", "KDDI", "11"),
        Carrier("103", "docomo", "31"),
        Carrier("105", "SoftBank", "51"),
        Carrier("106", "Rakuten Mobile", "61"),
    )
}
"""The carriers by the provider's `carrierId`."""

_KDDI = CARRIERS["101"]
_BY_DIGIT = {**dict.fromkeys("1234", "103"), **dict.fromkeys("567", "101"), "8": "105", "9": "106"}
_DIGIT = len("+81X0")  # where the digit behind 0X0 stands


@dataclass(frozen=True, slots=True)
class Pace:
    """How long carriers take, in microseconds."""

    delivery: int
    kddi_failure: int


@dataclass(frozen=True, slots=True)
class Fate:
    """The result of a message once it is sent.

    Attributes:
        carrier: The network it goes through.
        status: The last `statusId` it will ever have.
        detailed_id: The `detailedStatusId` at the end.
        delay: Microseconds from sending until that end is reported.
    """

    carrier: Carrier
    status: Status
    detailed_id: str
    delay: int

    @property
    def ends(self) -> bool:
        """Whether there will be a final status."""
        return self.status >= Status.DELIVERED

    def status_after(self, elapsed: int) -> Status:
        """Return the status at a time after sending: unknown, then sending, then the final one."""
        if elapsed >= self.delay or self.status is Status.UNKNOWN:
            return self.status
        return Status.SENDING if elapsed >= self.delay // _UNKNOWN_PART else Status.UNKNOWN


def carrier_of(phone_number: str, carrier_id: str | None = None) -> Carrier:
    """Return the carrier that the caller named, else the one of the number (+81…)."""
    return CARRIERS[carrier_id or _BY_DIGIT[phone_number[_DIGIT]]]


def fate_of(phone_number: str, carrier_id: str | None, pace: Pace) -> Fate:
    """Return the result that a message to this number (+81…) will have."""
    carrier = carrier_of(phone_number, carrier_id)
    status, detailed_id = _end(phone_number[-3:], carrier)
    slow = carrier is _KDDI and status is Status.FAILED
    return Fate(carrier, status, detailed_id, pace.kddi_failure if slow else pace.delivery)


def _end(suffix: str, carrier: Carrier) -> tuple[Status, str]:
    """Return the final status and its detail."""
    if suffix in FAILING:
        return Status.FAILED, carrier.module + suffix
    if suffix == UNDOCUMENTED:
        return Status.FAILED, _UNDOCUMENTED_ID
    if suffix == STUCK_SENDING:
        return Status.SENDING, ""
    if suffix == STUCK_UNKNOWN:
        return Status.UNKNOWN, ""
    return Status.DELIVERED, carrier.module + "000"
