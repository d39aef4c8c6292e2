"""What the demo asked for, what it was told, and when: one side of the comparison. The other side is in `truth.py`."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic, time

from zettai import CancelOutcome, GroupCancel, Lane

REMEMBERED = 50
"""Happenings that nobody has to have seen yet."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A message that was asked for.

    Attributes:
        to: the number, in international form.
        at: the time (seconds since the epoch) before the call that asked for it.
        waits: it was to be sent later, so how soon it was taken means nothing.
    """

    client_tag: str
    to: str = field(repr=False)
    body: str = field(repr=False)
    lane: Lane
    at: float
    waits: bool = False


@dataclass(frozen=True, slots=True)
class GroupTold:
    """What was told about the cancel of a group with these tags."""

    tags: Sequence[str]
    counts: GroupCancel


@dataclass(frozen=True, slots=True)
class Happening:
    """Something worth a line, and the seconds since the curtain rose."""

    at: float
    text: str


class Diary:
    """Kept by several threads: each entry is one operation on a dict, a list or a deque."""

    def __init__(self) -> None:
        self.asked: dict[str, Asked] = {}
        self.refused: list[str] = []
        self.canceled: dict[str, CancelOutcome] = {}
        self.groups: list[GroupTold] = []
        self.happenings: deque[Happening] = deque(maxlen=REMEMBERED)
        self.step = ""
        self.faults: tuple[str, ...] = ()
        self.saturated: tuple[float, float] | None = None
        self._began = monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the curtain rose."""
        return monotonic() - self._began

    def ask(self, client_tag: str, to: str, body: str, lane: Lane, *, waits: bool = False) -> Asked:
        """Note a message, before it is asked for."""
        asked = self.asked[client_tag] = Asked(client_tag, to, body, lane, time(), waits)
        return asked

    def begin(self, step: str) -> None:
        """Say what is happening now."""
        self.step = step
        self.tell(step)

    def tell(self, text: str) -> None:
        """Say what happened."""
        self.happenings.append(Happening(self.elapsed, text))
