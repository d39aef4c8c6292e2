"""The codes of the provider, and their meanings.

Source: the provider's specification. Only code 200 is not in it; users of the API report it.
"""

import re
from enum import Enum, IntEnum, StrEnum
from typing import NamedTuple


class ResponseCode(IntEnum):
    """The `responseCode` of a response. 0 means success, every other code means refused."""

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
        """The meaning in a few words."""
        return _MEANINGS[self]


_MEANINGS = {
    ResponseCode.SUCCESS: "accepted for sending, or reserved; not yet delivered",
    ResponseCode.REQUIRED: "a required field is missing",
    ResponseCode.INVALID: "a field has an invalid value",
    ResponseCode.TOO_LONG: "a field is too long",
    ResponseCode.ALREADY_SENT: "the reservation was already sent; too late to cancel",
    ResponseCode.PAST: "the requested time is in the past",
    ResponseCode.NO_RESERVATION: "there is no such reservation",
    ResponseCode.QUOTA_USED_UP: "the plan's quota is used up",
    ResponseCode.DUPLICATE_TAG: "the client tag was used before",
    ResponseCode.SYSTEM_ERROR: "the provider's system failed; the outcome is unknown",
}


def meaning_of(code: int) -> str:
    """Return the meaning of a code. A code that is not in the specification is unknown, which is not an error."""
    try:
        return ResponseCode(code).meaning
    except ValueError:
        return "a code that is not in the provider's specification"


class StatusId(IntEnum):
    """The `statusId` of a message."""

    UNKNOWN = 0
    SENDING = 1
    DELIVERED = 2
    FAILED = 3

    @property
    def is_final(self) -> bool:
        """Whether the status is final. Before that, carrier, detail and parts mean nothing."""
        return self in {StatusId.DELIVERED, StatusId.FAILED}


class CarrierId(StrEnum):
    """The carriers, by the provider's identifiers."""

    KDDI = "101"
    DOCOMO = "103"
    SOFTBANK = "105"
    RAKUTEN = "106"


UNKNOWN_CARRIER_ID = "999"
"""The identifier that the provider uses if it does not know the carrier."""


class FailureCause(Enum):
    """Why a carrier did not deliver a message."""

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
    """Split a `detailedStatusId` into carrier and cause. A value that is not in the tables is unknown."""
    detail = detailed_status or ""
    module, cause = detail[:_MODULE_DIGITS], detail[_MODULE_DIGITS:]
    return FailureDetail(_MODULES.get(module), _CAUSES.get(cause, FailureCause.UNKNOWN))


def failure_in_words(detailed_status: str) -> str:
    """Return a `detailedStatusId` with its cause, such as "no such number (31732)"."""
    return f"{explain_failure(detailed_status).cause.value} ({detailed_status})"


_FAILED = re.compile(rf"statusId {StatusId.FAILED.value} (\w+)")
"""The reason of an undelivered message whose cause the carrier has named. `final_status.py` writes it."""


def reason_in_words(reason: str) -> str:
    """Return the reason of a state as people read it: the carrier's cause in words, any other reason as it is."""
    failed = _FAILED.fullmatch(reason)
    return failure_in_words(failed[1]) if failed else reason
