"""Run the demo: start the stack, play the scenario, and compare the store with the provider."""

from pathlib import Path
from tempfile import TemporaryDirectory

from zettai_demo import summary
from zettai_demo.evidence import Evidence, collect, queued_work, unfinished, wait_for_no_work
from zettai_demo.measurements import Arrivals
from zettai_demo.observer import Observer
from zettai_demo.oracle import run_checks
from zettai_demo.progress import Progress
from zettai_demo.request_log import RequestLog
from zettai_demo.scenario import Scenario, Size
from zettai_demo.stack import Stack
from zettai_demo.view import View
from zettai_simulator import SimulatorProcess

LATENCY = 0.1
"""Seconds that the simulated provider takes to answer, as the real one does."""

LIMIT = 600
"""Calls a second."""

BEHAVIOR = "rewrites,local_numbers"
"""The provider shows texts as the recipients got them, and numbers without the country code."""

HANG = 4.0
"""Seconds without an answer that some calls meet: more than a worker waits."""

KDDI_FAILURE_AFTER = 6.0
"""Seconds until au (KDDI) reports a failure; 20 minutes in reality."""

SHORT_TIMES = {
    "HTTP_TIMEOUT": "3",
    "LEASE": "8",
    "RETRY_AFTER": "0.5",
    "RETRY_CAP": "4",
    "HOLD_FOR": "2",
    "STATUS_CHECK_AFTER": "4",
    "OVERDUE_AFTER": "10",
    "KDDI_WAIT": "20",
    "SWEEP_INTERVAL": "5",
}
"""The times of the product in seconds, each shortened so that their order stays."""

WORK_TIMEOUT = 10.0
"""Seconds after the last message in which the queues must be empty once. Beat adds a task each half second."""


def run(view: View, size: Size, seed: int) -> summary.Summary:
    """Start everything, play the scenario, compare, and stop everything."""
    log, progress = RequestLog(), Progress()
    with (
        TemporaryDirectory(prefix="zettai-demo-", ignore_cleanup_errors=True) as name,
        _stack(Path(name), seed) as stack,
        view,
        Observer(stack.store, stack.simulator, log, progress, view.show) as observer,
    ):
        supervisor = stack.start_supervisor("--grace", "8")
        scenario = Scenario(stack, supervisor, observer, log, progress, size=size, seed=seed)
        late = {} if scenario.run() else unfinished(stack, log)
        seconds = progress.elapsed
        # Tasks of the killed worker stay unacknowledged until the visibility timeout: they are not counted here.
        work_left = wait_for_no_work(lambda: queued_work(stack.store.redis, stack.store.keys), WORK_TIMEOUT)
        log.repeat_pending_cancels(stack.client)
        evidence = collect(stack, log, _journal(Path(name)), late=late, work_left=work_left, limit=LIMIT)
        return _summarize(evidence, stack, scenario, seconds)


def _stack(folder: Path, seed: int) -> Stack:
    simulator = SimulatorProcess(
        log=folder / "simulator.log",
        journal=_journal(folder),
        seed=seed,
        limit=LIMIT,
        behavior=BEHAVIOR,
        latency=LATENCY,
        hang_for=HANG,
        delivery_after=2,
        kddi_failure_after=KDDI_FAILURE_AFTER,
    )
    settings = {"RATE_LIMIT": f"{LIMIT}/second", "LOG_LEVEL": "INFO", **SHORT_TIMES}
    return Stack(folder, simulator=simulator, key_prefix="demo", grace=10.0, settings=settings)


def _journal(folder: Path) -> Path:
    return folder / "provider-journal"


def _summarize(evidence: Evidence, stack: Stack, scenario: Scenario, seconds: float) -> summary.Summary:
    arrivals = Arrivals()
    arrivals.update(0, [instant for instant, _ in stack.simulator.arrivals()])
    answers = stack.simulator.stats()["calls"].get("mt", {})
    window = scenario.saturated
    measurements = summary.Measurements(
        seconds=round(seconds, 1),
        messages=len(evidence.requests),
        states=summary.count_states(evidence.messages),
        worst_second=evidence.worst_second,
        saturation=summary.saturation(arrivals, window, LIMIT),
        passwords_undisturbed=summary.password_waits(evidence, window[1]) if window else None,
        passwords=summary.password_waits(evidence),
        repeats=summary.repeats(evidence.records, answers),
        answers=answers,
    )
    return summary.Summary(run_checks(evidence), measurements)
