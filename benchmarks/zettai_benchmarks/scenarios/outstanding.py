"""A million messages with pending status checks: memory of the workers, and the delay of due checks."""

import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from zettai.core.states import State
from zettai.core.store import StateUpdate
from zettai_benchmarks.accepting import accept_by_processes
from zettai_benchmarks.measure import process_tree
from zettai_benchmarks.measured_stack import BODY, LATENCY, SEND, MeasuredStack
from zettai_benchmarks.results import Result, Target
from zettai_benchmarks.scale import Scale
from zettai_demo.stack import StackError
from zettai_simulator.clock import SECOND, now

DUE = 600
"""Checks that become due at once: as many as the limit allows in a second."""

ACCEPTED = frozenset({State.ACCEPTED})
PATIENCE = 20.0


def run(scale: Scale) -> Result:
    """Fill the index, then make some checks due."""
    messages, resting = scale.of(1_000_000, 30_000), scale.of(15.0, 3.0)
    with MeasuredStack() as stack:
        stack.redis.config_set("auto-aof-rewrite-percentage", 0)  # while it is filled, the cores are wanted for that
        accept_by_processes(stack.redis_url, messages, body=BODY)
        stack.start_workers()
        # After an empty Redis the limiter gives its first slot a second later, whatever waits for it.
        stack.enqueue(1)
        stack.wait_for_calls()
        time.sleep(2)
        before = _memory(stack)
        time.sleep(resting)
        tags = stack.redis.zrange(stack.store.keys.due_to_check, 0, DUE - 1)
        due_at = now()
        stack.store.apply_updates(
            [StateUpdate(client_tag=str(tag), expected_states=ACCEPTED, due_in=timedelta()) for tag in tags]
        )
        checks = _checks(stack, due_at)
        after = _memory(stack)
    delays = [(instant - due_at) / SECOND for instant in checks]
    grown = max(after[pid] / size for pid, size in before.items() if pid in after)
    measurements = {
        "first_check": delays[0] if delays else None,
        "last_check": delays[-1] if len(delays) >= DUE else None,
        "checks": len(delays),
        "grown": grown,
        "largest_mb": max(after.values()) / 2**20,
    }
    return Result(
        name="outstanding",
        settings={"messages": messages, "due": DUE, "latency": LATENCY},
        targets=(
            Target(
                f"{DUE} checks fall due among {messages:,}: the last call arrives after",
                1.5,
                measurements["last_check"],
                at_most=True,
                unit="s",
            ),
            Target("memory of a worker process, after against before", 1.1, grown, at_most=True, unit="×"),
        ),
        runs={"ours": {"measurements": measurements, "delays": delays, "memory": {"before": before, "after": after}}},
        quick=scale.quick,
    )


def _checks(stack: MeasuredStack, since: int) -> list[int]:
    """Return when status checks arrived, once there are enough."""

    def arrived() -> list[int]:
        return [instant for instant, endpoint in stack.simulator.arrivals(since) if endpoint != SEND]

    with suppress(StackError):  # the target tells
        stack.wait_for(lambda: len(arrived()) >= DUE, PATIENCE)
    return arrived()


def _memory(stack: MeasuredStack) -> dict[str, int]:
    """Return the resident memory of each worker process in bytes."""
    return {str(pid): _resident(pid) for pid in sorted(process_tree(stack.process_ids()["workers"]))}


def _resident(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))
