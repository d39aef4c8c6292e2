"""Ends the processes that a test started, when that test exceeds its time.

pytest-timeout raises in the main thread. A test that waits for a child in `Popen.__exit__` would then wait on, for as
long as the child lives; one that waits there already leaves its child behind. So its children are killed.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer

import pytest

GRACE = 5.0
"""Seconds from the timeout of a test until its processes are killed."""


@contextmanager
def kill_children_after(seconds: float) -> Iterator[None]:
    """Kill the processes that are started inside the block, if it takes so many seconds or ends by pytest-timeout."""
    before = descendants(os.getpid())
    timer = Timer(seconds, lambda: kill(descendants(os.getpid()) - before))
    timer.daemon = True
    timer.start()
    try:
        yield
    except pytest.fail.Exception as error:
        if str(error).startswith("Timeout"):
            kill(descendants(os.getpid()) - before)
        raise
    finally:
        timer.cancel()


def descendants(parent: int) -> set[int]:
    """Return the ids of the children of a process, of their children, and so on. Empty where there is no /proc."""
    found: set[int] = set()
    waiting = [parent]
    while waiting:
        for task in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            with suppress(OSError):
                children = {int(pid) for pid in task.read_text().split()} - found
                found |= children
                waiting += children
    return found


def kill(pids: set[int]) -> None:
    """Send SIGKILL to processes; those that have ended already are left out."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
