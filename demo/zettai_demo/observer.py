"""The observer: looks at the store and the provider once a second, so cheaply that it does not matter."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Condition, Event, Thread
from time import monotonic, time
from types import TracebackType
from typing import Self

from zettai import Lane, State
from zettai.core.store import MessageStore
from zettai_demo.measurements import Arrivals, Spread, spread
from zettai_demo.provider import Provider, Taken
from zettai_demo.requests import Diary, Happening

INTERVAL = 1.0
"""Seconds between two looks."""

REMEMBERED = 60
"""Seconds of the rate's history."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How everything stands at one instant.

    Attributes:
        rates: calls in each of the last seconds, oldest first.
        worst: the most calls in any sliding second so far.
        waits: from `send()` until the provider took the message, by lane.
        taken: how many messages the provider has taken.
    """

    elapsed: float = 0.0
    step: str = ""
    faults: tuple[str, ...] = ()
    happenings: tuple[Happening, ...] = ()
    rates: tuple[int, ...] = ()
    worst: int = 0
    states: Mapping[State, int] | None = None
    waits: Mapping[Lane, Spread | None] | None = None
    taken: int = 0
    asked: int = 0

    def count(self, state: State) -> int:
        """How many messages are in a state."""
        return (self.states or {}).get(state, 0)

    @property
    def ended(self) -> int:
        """Messages that have come to their end."""
        return sum(count for state, count in (self.states or {}).items() if state.is_final)

    @property
    def unfinished(self) -> int:
        """Messages that have not come to their end."""
        return sum(count for state, count in (self.states or {}).items() if not state.is_final)


class Observer:
    """Looks in a thread of its own; whoever waits for something is woken after each look."""

    def __init__(self, store: MessageStore, provider_url: str, diary: Diary, show: Callable[[Snapshot], None]) -> None:
        """Prepare to look.

        Args:
            store: to count from.
            provider_url: where the simulated provider listens.
            diary: what was asked for.
            show: told each snapshot, in the observer's thread.
        """
        self.arrivals = Arrivals()
        self.snapshot = Snapshot()
        self._store = store
        self._provider = Provider(provider_url)
        self._diary = diary
        self._show = show
        self._taken = 0
        self._waits: defaultdict[Lane, list[float]] = defaultdict(list)
        self._looked = Condition()
        self._over = Event()
        self._failure: Exception | None = None
        self._thread = Thread(target=self._run, name="observer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._provider.__exit__(kind, error, trace)

    def until(self, what: Callable[[Snapshot], bool], patience: float) -> bool:
        """Wait until something is seen; answers whether it was before patience ran out.

        Raises:
            RuntimeError: the observer can see nothing any more.
        """
        deadline = monotonic() + patience
        with self._looked:
            while not what(self.snapshot):
                if self._failure is not None:
                    raise RuntimeError("the observer can see nothing any more") from self._failure
                if not self._looked.wait(max(deadline - monotonic(), 0)) and monotonic() >= deadline:
                    return what(self.snapshot)
        return True

    def _run(self) -> None:
        try:
            while not self._over.wait(INTERVAL):
                self._look()
        except Exception as failure:  # noqa: BLE001 - handed over to whoever waits
            self._failure = failure
            with self._looked:
                self._looked.notify_all()

    def _look(self) -> None:
        at, since = time(), self.arrivals.look_from
        self.arrivals.renew(since, self._provider.arrivals(since))
        for taken in self._provider.taken(self._taken):
            self._taken += 1
            self._note(taken)
        snapshot = self._take_snapshot(at)
        with self._looked:
            self.snapshot = snapshot
            self._looked.notify_all()
        self._show(snapshot)

    def _note(self, taken: Taken) -> None:
        asked = self._diary.asked.get(taken.client_tag)
        if asked is not None and not asked.waits:
            self._waits[asked.lane].append(taken.taken_at - asked.at)

    def _take_snapshot(self, at: float) -> Snapshot:
        diary = self._diary
        return Snapshot(
            elapsed=diary.elapsed,
            step=diary.step,
            faults=diary.faults,
            happenings=tuple(diary.happenings),
            rates=tuple(self.arrivals.each_second(at, min(REMEMBERED, int(diary.elapsed) + 1))),
            worst=self.arrivals.worst,
            states=self._store.counts(),
            waits={lane: spread(waits) for lane, waits in self._waits.items()},
            taken=self._taken,
            asked=len(diary.asked),
        )
