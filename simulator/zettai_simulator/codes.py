"""The provider's response codes and their messages."""

from enum import IntEnum


class Code(IntEnum):
    """The `responseCode` of an answer; 0 is success, everything else a refusal."""

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


class RefusedError(Exception):
    """The provider refuses a call."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


def required(field: str) -> RefusedError:
    """100: a field is missing."""
    return RefusedError(Code.REQUIRED, f"Required {field}.")


def invalid(field: str) -> RefusedError:
    """110: a field is invalid."""
    return RefusedError(Code.INVALID, f"Invalid {field}.")


def too_long(field: str) -> RefusedError:
    """120: a field is too long."""
    return RefusedError(Code.TOO_LONG, f"{field} too long.")


def already_sent() -> RefusedError:
    """130: too late, the message was sent."""
    return RefusedError(Code.ALREADY_SENT, "Already send.")


def past(field: str) -> RefusedError:
    """140: a time in the past."""
    return RefusedError(Code.PAST, f"Past {field}.")


def no_reservation() -> RefusedError:
    """200: there is no such reservation. Integrators reported it; the specification does not have it."""
    return RefusedError(Code.NO_RESERVATION, "No reservation.")


def quota_used_up() -> RefusedError:
    """300: the plan has no sends left."""
    return RefusedError(Code.QUOTA_USED_UP, "Exceed sending count.")


def duplicate_tag() -> RefusedError:
    """400: the client tag was used before."""
    return RefusedError(Code.DUPLICATE_TAG, "Duplicate client tag.")


def system_error() -> RefusedError:
    """500: anything else."""
    return RefusedError(Code.SYSTEM_ERROR, "System error.")
