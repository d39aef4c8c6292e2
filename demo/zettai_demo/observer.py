"""The observer reads the store and the provider once a second, and passes on what it has read as a snapshot."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Condition, Thread
from threading import Event as Flag
from time import monotonic, time
from types import TracebackType
from typing import Self

from zettai import Lane, State
from zettai.core.store import MessageStore
from zettai_demo.evidence import ProviderRecord
from zettai_demo.measurements import Arrivals, Percentiles, percentiles
from zettai_demo.progress import Event, Progress
from zettai_demo.request_log import RequestLog
from zettai_simulator import SimulatorProcess

INTERVAL = 1.0
"""Seconds between two snapshots."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of the demo at one instant.

    Attributes:
        rate: calls in the last second.
        worst: the most calls in any sliding second so far.
        waits: from `send()` until the provider accepted the message, by lane.
        accepted: number of messages that the provider has accepted.
        requested: number of messages that were requested.
    """

    elapsed: float = 0.0
    step: str = ""
    faults: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    rate: int = 0
    worst: int = 0
    states: Mapping[State, int] | None = None
    waits: Mapping[Lane, Percentiles | None] | None = None
    accepted: int = 0
    requested: int = 0

    def count(self, state: State) -> int:
        """Return the number of messages in a state."""
        return (self.states or {}).get(state, 0)

    @property
    def finished(self) -> int:
        """Number of messages in a final state."""
        return sum(count for state, count in (self.states or {}).items() if state.is_final)

    @property
    def unfinished(self) -> int:
        """Number of messages in other states."""
        return sum(count for state, count in (self.states or {}).items() if not state.is_final)


class Observer:
    """Takes snapshots in a thread of its own."""

    def __init__(
        self,
        store: MessageStore,
        simulator: SimulatorProcess,
        log: RequestLog,
        progress: Progress,
        show: Callable[[Snapshot], None],
    ) -> None:
        """Prepare the thread.

        Args:
            store: to count messages in.
            simulator: the provider.
            log: what was requested.
            progress: what the scenario is doing.
            show: called with each snapshot, in the observer's thread.
        """
        self.arrivals = Arrivals()
        self.snapshot = Snapshot()
        self._store = store
        self._simulator = simulator
        self._log = log
        self._progress = progress
        self._show = show
        self._accepted = 0
        self._waits: defaultdict[Lane, list[float]] = defaultdict(list)
        self._changed = Condition()
        self._stopping = Flag()
        self._failure: Exception | None = None
        self._thread = Thread(target=self._run, name="observer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()

    def wait_for(self, condition: Callable[[Snapshot], bool], timeout: float) -> bool:
        """Wait until a condition is true for a snapshot; return whether it was before the timeout.

        Raises:
            RuntimeError: the observer has failed.
        """
        deadline = monotonic() + timeout
        with self._changed:
            while not condition(self.snapshot):
                if self._failure is not None:
                    raise RuntimeError("the observer has failed") from self._failure
                if not self._changed.wait(max(deadline - monotonic(), 0)) and monotonic() >= deadline:
                    return condition(self.snapshot)
        return True

    def _run(self) -> None:
        try:
            while not self._stopping.wait(INTERVAL):
                self._observe()
        except Exception as failure:  # noqa: BLE001 - raised in the thread that waits
            self._failure = failure
            with self._changed:
                self._changed.notify_all()

    def _observe(self) -> None:
        now, since = time(), self.arrivals.fetch_from
        self.arrivals.update(since, [instant for instant, _ in self._simulator.arrivals(since)])
        for values in self._simulator.records(self._accepted):
            self._accepted += 1
            self._measure_wait(ProviderRecord.from_json(values))
        snapshot = self._take_snapshot(now)
        with self._changed:
            self.snapshot = snapshot
            self._changed.notify_all()
        self._show(snapshot)

    def _measure_wait(self, record: ProviderRecord) -> None:
        request = self._log.requests.get(record.client_tag)
        if request is not None and not request.scheduled:
            self._waits[request.lane].append(record.accepted_at - request.requested_at)

    def _take_snapshot(self, now: float) -> Snapshot:
        progress = self._progress
        return Snapshot(
            elapsed=progress.elapsed,
            step=progress.step,
            faults=progress.faults,
            events=tuple(progress.events),
            rate=self.arrivals.between(now - 1, now),
            worst=self.arrivals.worst,
            states=self._store.counts(),
            waits={lane: percentiles(waits) for lane, waits in self._waits.items()},
            accepted=self._accepted,
            requested=len(self._log.requests),
        )
