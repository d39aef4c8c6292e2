"""The result of a scenario: measurements and targets. Each is stored as one JSON file."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from zettai_benchmarks.machine import this_machine

FOLDER = Path(__file__).parents[2] / "docs/benchmarks"
"""The folder of the results that the page shows."""


@dataclass(frozen=True, slots=True)
class Target:
    """One goal, and what was measured.

    Attributes:
        what: is promised, in words.
        goal: the value that is just good enough.
        value: the measured one; None where nothing could be measured.
        at_most: whether the goal is the most that is allowed; otherwise it is the least.
        unit: of both; `share` is shown in per cent.
    """

    what: str
    goal: float
    value: float | None
    at_most: bool
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether the goal was met."""
        return self.value is not None and (self.value <= self.goal if self.at_most else self.value >= self.goal)

    @property
    def margin(self) -> float | None:
        """By what share of the goal it was met; below 0 if it was missed."""
        if self.value is None or not self.goal:
            return None
        return (self.goal - self.value if self.at_most else self.value - self.goal) / self.goal


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one scenario.

    Attributes:
        name: of the scenario.
        settings: what it was run with.
        targets: on each promise.
        runs: by whose they are (`ours`, or a peer's name): measurements and raw data.
        skipped: who or what was left out, and why.
        quick: whether it was a short trial, whose measurements prove nothing.
        at: when it ended.
        machine: on what.
    """

    name: str
    settings: Mapping[str, Any]
    targets: tuple[Target, ...]
    runs: Mapping[str, Mapping[str, Any]]
    skipped: Mapping[str, str] = field(default_factory=dict)
    quick: bool = False
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    machine: Mapping[str, Any] = field(default_factory=this_machine)

    def write(self, folder: Path) -> Path:
        """Write the result to `NAME.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        values = asdict(self)
        for one, target in zip(values["targets"], self.targets, strict=True):
            one |= {"met": target.met, "margin": target.margin}
        path = folder / f"{self.name}.json"
        path.write_text(
            json.dumps(_rounded(values), separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8"
        )
        return path

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file of `write`."""
        values = json.loads(path.read_text(encoding="utf-8"))
        names = ("what", "goal", "value", "at_most", "unit")
        values["targets"] = tuple(Target(**{name: one[name] for name in names}) for one in values["targets"])
        return cls(**values)


def read_all(folder: Path = FOLDER) -> dict[str, Result]:
    """Return all results of a folder by name."""
    return {path.stem: Result.read(path) for path in sorted(folder.glob("*.json"))}


def _rounded(value: Any) -> Any:
    """Return the value with seven digits, so that files stay readable."""
    match value:
        case float():
            return float(f"{value:.7g}") if abs(value) < 1e9 else int(value)
        case dict():
            return {name: _rounded(one) for name, one in value.items()}
        case list() | tuple():
            return [_rounded(one) for one in value]
    return value
