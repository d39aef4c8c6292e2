"""Every number that the provider answers with, and what it means. How an answer is read is not decided here.

Source of all tables: the provider's specification, except code 200, which integrators report.
"""

from enum import Enum, IntEnum, StrEnum
from typing import NamedTuple


class ResponseCode(IntEnum):
    """The `responseCode` of an answer: 0 is success, anything else a refusal."""

    SUCCESS = 0
    REQUIRED = 100
    INVALID = 110
    TOO_LONG = 120
    ALREADY_SENT = 130
    PAST = 140
    NO_RESERVATION = 200
    QUOTA_USED_UP = 300
    DUPLICATE_TAG = 400
    SYSTEM_ERROR = 500

    @property
    def meaning(self) -> str:
        """Say in a few words what the code stands for."""
        return _MEANINGS[self]


_MEANINGS = {
    ResponseCode.SUCCESS: "accepted for sending, or reserved; not yet delivered",
    ResponseCode.REQUIRED: "a required field is missing",
    ResponseCode.INVALID: "a field has an invalid value",
    ResponseCode.TOO_LONG: "a field is too long",
    ResponseCode.ALREADY_SENT: "the reservation was already sent, too late to cancel",
    ResponseCode.PAST: "the time asked for lies in the past",
    ResponseCode.NO_RESERVATION: "there is no such reservation",
    ResponseCode.QUOTA_USED_UP: "the plan's quota is used up",
    ResponseCode.DUPLICATE_TAG: "the client tag was used before",
    ResponseCode.SYSTEM_ERROR: "the provider's system failed; what it did is unknown",
}


def meaning_of(code: int) -> str:
    """Explain a code; one that the specification does not know is said to be unknown, never an error."""
    try:
        return ResponseCode(code).meaning
    except ValueError:
        return "a code that the provider's specification does not know"


class StatusId(IntEnum):
    """How far a message has come."""

    UNKNOWN = 0
    SENDING = 1
    DELIVERED = 2
    FAILED = 3

    @property
    def is_final(self) -> bool:
        """Whether the carrier has answered; before that, carrier, detail and parts mean nothing."""
        return self in {StatusId.DELIVERED, StatusId.FAILED}


class CarrierId(StrEnum):
    """The carriers that a message can be addressed to, as the provider writes them."""

    KDDI = "101"
    DOCOMO = "103"
    SOFTBANK = "105"
    RAKUTEN = "106"


UNKNOWN_CARRIER_ID = "999"
"""What the provider writes where it does not know the carrier."""


class FailureCause(Enum):
    """Why a carrier did not deliver."""

    CONGESTION = "congestion"
    NO_SUCH_NUMBER = "no such number"
    OUT_OF_REACH = "out of reach, switched off or busy"
    REFUSED_BY_HANDSET = "refused by the handset"
    UNKNOWN = "unknown"


class FailureDetail(NamedTuple):
    """A decoded `detailedStatusId`."""

    carrier: CarrierId | None
    cause: FailureCause


_MODULES = {
    **dict.fromkeys(("11", "12", "13", "14"), CarrierId.KDDI),
    **dict.fromkeys(("31", "32"), CarrierId.DOCOMO),
    **dict.fromkeys(("51", "52"), CarrierId.SOFTBANK),
    **dict.fromkeys(("61", "62"), CarrierId.RAKUTEN),
}

_CAUSES = {
    **dict.fromkeys(("721", "821"), FailureCause.CONGESTION),
    "732": FailureCause.NO_SUCH_NUMBER,
    **dict.fromkeys(("823", "824", "833"), FailureCause.OUT_OF_REACH),
    "834": FailureCause.REFUSED_BY_HANDSET,
}

_MODULE_DIGITS = 2


def explain_failure(detailed_status: str | None) -> FailureDetail:
    """Split a `detailedStatusId` into carrier and cause; new ones may come at any time and are unknown."""
    detail = detailed_status or ""
    module, cause = detail[:_MODULE_DIGITS], detail[_MODULE_DIGITS:]
    return FailureDetail(_MODULES.get(module), _CAUSES.get(cause, FailureCause.UNKNOWN))
