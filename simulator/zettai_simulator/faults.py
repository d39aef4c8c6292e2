"""Faults: which calls they affect. What a fault does to an answer is in `replies` and `rows`."""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from zettai_simulator.values import read_values


class Kind(StrEnum):
    """The kinds of fault."""

    CUT_AFTER = "cut_after"
    ERROR_AFTER = "error_after"
    HANG_AFTER = "hang_after"
    SYSTEM_ERROR_AFTER = "system_error_after"
    CODE_AFTER = "code_after"
    HTTP_AFTER = "http_after"
    BROKEN_JSON = "broken_json"
    HTML = "html"
    HUGE = "huge"
    LATE = "late"
    TWICE = "twice"
    ROWS_MISSING = "rows_missing"
    ROWS_UNREADABLE = "rows_unreadable"
    ROWS_OF_OTHERS = "rows_of_others"
    ROWS_TWICE = "rows_twice"
    ROWS_WITHOUT_NUMBER = "rows_without_number"
    CUT_BEFORE = "cut_before"
    UNAVAILABLE = "unavailable"
    SYSTEM_ERROR = "system_error"
    THROTTLED = "throttled"
    QUOTA = "quota"
    CODE = "code"
    HTTP = "http"
    IGNORED = "ignored"

    @property
    def spares_the_call(self) -> bool:
        """Whether the call is carried out, and only its answer is lost or changed."""
        return self not in _BEFORE

    @property
    def changes_rows(self) -> bool:
        """Whether it changes single rows of an answer."""
        return self.startswith("rows_")


_BEFORE = frozenset(
    {
        Kind.CUT_BEFORE,
        Kind.UNAVAILABLE,
        Kind.SYSTEM_ERROR,
        Kind.THROTTLED,
        Kind.QUOTA,
        Kind.CODE,
        Kind.HTTP,
        Kind.IGNORED,
    }
)


DESCRIPTIONS: Mapping[Kind, str] = {
    Kind.CUT_AFTER: "the call takes effect; the connection is cut before the answer",
    Kind.ERROR_AFTER: "the call takes effect; the answer is HTTP 500",
    Kind.HANG_AFTER: "the call takes effect; there is no answer, and the connection is cut after `--hang-for`",
    Kind.SYSTEM_ERROR_AFTER: "the call takes effect; the answer is code 500",
    Kind.CODE_AFTER: "the call takes effect; the answer has any `code` and `text`",
    Kind.HTTP_AFTER: (
        "the call takes effect; the answer has any HTTP `status`, with `retry_after` (seconds) or `retry_date` "
        "(seconds after its `Date`), and a `Date` that is `date_ahead` seconds ahead"
    ),
    Kind.BROKEN_JSON: "the call takes effect; the answer is truncated",
    Kind.HTML: "the call takes effect; the answer is a web page",
    Kind.HUGE: "the call takes effect; the answer has `count` empty rows, 5.7 MB",
    Kind.LATE: "the call takes effect; the true answer comes `seconds` late",
    Kind.TWICE: (
        "the call takes effect; the answer comes again after `seconds`, as if it answered the next request on this"
        " connection"
    ),
    Kind.ROWS_MISSING: "the call takes effect; rows are left out",
    Kind.ROWS_UNREADABLE: "the call takes effect; rows have other types",
    Kind.ROWS_OF_OTHERS: "the call takes effect; rows with longer tags and another status are added",
    Kind.ROWS_TWICE: "the call takes effect; rows with earlier statuses of the same tag are added",
    Kind.ROWS_WITHOUT_NUMBER: "the call takes effect; rows have an empty number",
    Kind.CUT_BEFORE: "no effect; the connection is cut",
    Kind.UNAVAILABLE: "no effect; the answer is HTTP 503",
    Kind.SYSTEM_ERROR: "no effect; the answer is code 500",
    Kind.THROTTLED: "no effect; the answer is HTTP 429",
    Kind.QUOTA: "no effect; the answer is code 300",
    Kind.CODE: "no effect; the answer has any `code` and `text`",
    Kind.HTTP: "no effect; as `http_after`",
    Kind.IGNORED: "no effect; the answer is that of a success, with empty lists",
}
"""What goes wrong, for people: on the inbox page and in docs/testing.md."""


@dataclass(slots=True)
class Fault:
    """A rule: a kind of fault, and the calls that it affects.

    Attributes:
        kind: What goes wrong.
        rate: The probability, from 0 to 1, that a fitting call is affected.
        suffix: How the recipient's number must end; empty fits any call. Kinds that change rows affect only the rows
            with such a number.
        times: The number of calls that it still affects; None for no limit.
        endpoint: The endpoint that it affects; `*` is any.
        code: The `responseCode` of the kinds `code` and `code_after`.
        text: Their `responseMessage`.
        status: The HTTP status of the kinds `http` and `http_after`.
        retry_after: Their `Retry-After` header in seconds.
        retry_date: The same as a date: seconds after the `Date` header.
        date_ahead: Seconds by which their `Date` header is ahead.
        seconds: By how much the kind `late` delays the answer, and when after it the kind `twice` repeats it.
        count: The number of empty rows of the kind `huge`.
    """

    kind: Kind
    rate: float = 1.0
    suffix: str = ""
    times: int | None = None
    endpoint: str = "mt"
    code: int = 999
    text: str = "Unknown."
    status: int = 403
    retry_after: int | None = None
    retry_date: int | None = None
    date_ahead: int = 0
    seconds: float = 1.0
    count: int = 1_900_000

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise ValueError(f"rate must be from 0 to 1, got {self.rate}")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "Fault":
        """Create a fault from decoded JSON or from the options of a command line.

        Raises:
            ValueError: An unknown name or an impossible value.
        """
        return cls(**read_values({"kind": "", **values}, _READERS))

    @classmethod
    def from_text(cls, text: str) -> "Fault":
        """Create a fault from `kind` or `kind:name=value,name=value`.

        Raises:
            ValueError: Not of this form, an unknown name or an impossible value.
        """
        kind, _, rest = text.partition(":")
        pairs = [pair.partition("=") for pair in rest.split(",") if pair]
        return cls.from_mapping({"kind": kind, **{name: value for name, _, value in pairs}})

    def fits(self, endpoint: str, phone_number: str) -> bool:
        """Return whether this fault may affect the call. A list of a day has no number, but its rows have."""
        return (
            self.times != 0
            and self.endpoint in {endpoint, "*"}
            and (phone_number.endswith(self.suffix) or (self.kind.changes_rows and not phone_number))
        )


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "kind": Kind,
    "rate": float,
    "suffix": str,
    "times": int,
    "endpoint": str,
    "code": int,
    "text": str,
    "status": int,
    "retry_after": int,
    "retry_date": int,
    "date_ahead": int,
    "seconds": float,
    "count": int,
}


class FaultPlan:
    """The active faults. The first that matches a call, and that the random choice selects, affects it.

    Args:
        faults: In the order of precedence.
        seed: For dice that fall the same way in each run.
    """

    def __init__(self, faults: Iterable[Fault], seed: int = 0) -> None:
        self._faults = [replace(fault) for fault in faults]
        self._random = random.Random(seed)  # noqa: S311 - dice, not secrets

    def select(self, endpoint: str, phone_number: str) -> Fault | None:
        """Return the fault that affects this call, if any; its number of remaining times is reduced by one."""
        for fault in self._faults:
            if fault.fits(endpoint, phone_number) and self._random.random() < fault.rate:
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    def to_json(self) -> list[dict[str, Any]]:
        """Return the active faults as JSON that can be set again."""
        return [asdict(fault) for fault in self._faults]
