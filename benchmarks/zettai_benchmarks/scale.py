"""How large a run is: in full, for the measurements of the page, or quick, to see that everything still works."""

from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale of all scenarios of one run."""

    quick: bool = False

    def of(self, full: T, quick: T) -> T:
        """The value that belongs to it."""
        return quick if self.quick else full
