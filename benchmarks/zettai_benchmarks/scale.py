"""The size of a run: full for the page, or quick to test that everything works."""

from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scale:
    """The size of all scenarios of one run."""

    quick: bool = False

    def of(self, full: T, quick: T) -> T:
        """Return the value for this size."""
        return quick if self.quick else full
