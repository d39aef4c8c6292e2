"""Start Celery in a process that ends with its parent, and optionally with a wrong wall clock.

Run as a file: `python -P launch.py PARENT OFFSET WORD…`. On Linux the kernel kills the process when its parent dies,
also while it is stopped, so an aborted run leaves no process behind. OFFSET (seconds) moves the wall clock that Python
code reads (`time.time`, `time.time_ns`), which is the clock of kombu's visibility timeout. libfaketime would move C's
clocks as well, but its `clock_nanosleep` fails with EINVAL under Python's `time.sleep` (Debian's 0.9.10, Python 3.11).
"""

import ctypes
import os
import runpy
import signal
import sys
import time

PR_SET_PDEATHSIG = 1


def main(parent: int, offset: int, words: list[str]) -> None:
    """Run Celery in this process."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
        if os.getppid() != parent:  # the parent died before the call
            return
    if offset:
        move_wall_clock(offset)
    sys.argv = ["celery", *words]
    runpy.run_module("celery", run_name="__main__", alter_sys=True)


def move_wall_clock(seconds: int) -> None:
    """Move the wall clock of this process. Its monotonic clock is unchanged."""
    true_time, true_time_ns = time.time, time.time_ns
    time.time = lambda: true_time() + seconds
    time.time_ns = lambda: true_time_ns() + seconds * 10**9


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
