"""What a check of `doctor` has found."""

from dataclasses import asdict, dataclass, replace
from enum import StrEnum


class Result(StrEnum):
    """The result of a check."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report.

    Attributes:
        name: of the check.
        result: whether it passed.
        found: the fact that was checked.
        advice: what to do, or "".
    """

    name: str
    result: Result
    found: str
    advice: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return the values for JSON."""
        return asdict(self)


def ok(name: str, found: str) -> Check:
    """Return a check that passed."""
    return Check(name, Result.OK, found)


def warning(name: str, found: str, advice: str) -> Check:
    """Return a check with a warning: it works now, but there is a risk."""
    return Check(name, Result.WARNING, found, advice)


def failed(name: str, found: str, advice: str) -> Check:
    """Return a check that failed: sending does not work, or messages can be lost."""
    return Check(name, Result.FAILED, found, advice)


def unknown(name: str, advice: str) -> Check:
    """Return a check whose fact is not available."""
    return Check(name, Result.UNKNOWN, "unknown", advice)


def for_development(check: Check) -> Check:
    """Return a check as it counts in development, where Redis may lose messages and `zettai dev` has the token."""
    of_redis = check.name in {"redis persistence", "durable acceptance", "redis eviction"}
    of_token = check.name == "settings" and check.found.startswith("ZETTAI_TOKEN: must be set")
    return replace(check, result=Result.WARNING) if check.result is Result.FAILED and (of_redis or of_token) else check
