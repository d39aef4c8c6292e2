"""Faults: which calls they affect. What a fault does to an answer is in `replies`."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """The kinds of fault."""

    CUT_AFTER = "cut_after"
    ERROR_AFTER = "error_after"
    HANG_AFTER = "hang_after"
    SYSTEM_ERROR_AFTER = "system_error_after"
    BROKEN_JSON = "broken_json"
    HTML = "html"
    CUT_BEFORE = "cut_before"
    UNAVAILABLE = "unavailable"
    SYSTEM_ERROR = "system_error"
    THROTTLED = "throttled"
    QUOTA = "quota"

    @property
    def spares_the_call(self) -> bool:
        """Whether the call is carried out, and only its answer is lost."""
        return self in _AFTER


_AFTER = frozenset(
    {
        Kind.CUT_AFTER,
        Kind.ERROR_AFTER,
        Kind.HANG_AFTER,
        Kind.SYSTEM_ERROR_AFTER,
        Kind.BROKEN_JSON,
        Kind.HTML,
    }
)


@dataclass(slots=True)
class Fault:
    """A rule: a kind of fault, and the calls that it affects.

    Attributes:
        kind: What goes wrong.
        rate: The probability, from 0 to 1, that a fitting call is struck.
        suffix: How the recipient's number must end; empty fits any call.
        times: The number of calls that it still affects; None for no limit.
        endpoint: The endpoint that it affects; `*` is any.
    """

    kind: Kind
    rate: float = 1.0
    suffix: str = ""
    times: int | None = None
    endpoint: str = "mt"

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise ValueError(f"a fault's rate is from 0 to 1, not {self.rate}")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "Fault":
        """Create a fault from decoded JSON or from the options of a command line.

        Raises:
            ValueError: An unknown name or an impossible value.
        """
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown or "kind" not in values:
            raise ValueError(f"a fault has a kind and no {sorted(unknown)}")
        times = values.get("times")
        return cls(
            Kind(values["kind"]),
            rate=float(values.get("rate", 1.0)),
            suffix=str(values.get("suffix", "")),
            times=None if times is None else int(times),
            endpoint=str(values.get("endpoint", "mt")),
        )

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
        """Return whether this fault may affect the call."""
        return (
            self.times != 0
            and self.endpoint in {endpoint, "*"}
            and (not self.suffix or phone_number.endswith(self.suffix))
        )


class FaultPlan:
    """The active faults. The first that matches a call, and that the random choice selects, affects it.

    Args:
        faults: In the order of precedence.
        seed: For dice that fall the same way in each run.
    """

    def __init__(self, faults: Iterable[Fault], seed: int = 0) -> None:
        self._faults = [replace(fault) for fault in faults]
        self._random = random.Random(seed)  # noqa: S311 - dice, not secrets

    def select(self, endpoint: str, phone_number: str) -> Kind | None:
        """Return the fault that affects this call, if any; its number of remaining times is reduced by one."""
        for fault in self._faults:
            if fault.fits(endpoint, phone_number) and self._random.random() < fault.rate:
                if fault.times is not None:
                    fault.times -= 1
                return fault.kind
        return None

    def to_json(self) -> list[dict[str, Any]]:
        """Return the active faults as JSON that can be set again."""
        return [asdict(fault) for fault in self._faults]
