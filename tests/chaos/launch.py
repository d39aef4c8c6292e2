"""What each process of the crew runs first: it is tied to its parent, its clock may be moved, then it becomes Celery.

Run as a file: `python -P launch.py PARENT SKEW WORD…`. On Linux the kernel kills it when its parent dies, also while it
is stopped, so a test that is killed leaves nobody behind. SKEW (seconds) moves the wall clock as Python code reads it
(`time.time`, `time.time_ns`): that of kombu's visibility time-out. libfaketime would move C's clocks as well, but its
`clock_nanosleep` fails with EINVAL under Python's `time.sleep` (Debian's 0.9.10, Python 3.11).
"""

import ctypes
import os
import runpy
import signal
import sys
import time

PR_SET_PDEATHSIG = 1


def main(parent: int, skew: int, words: list[str]) -> None:
    """Become Celery."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
        if os.getppid() != parent:  # it died before the wish was made
            return
    if skew:
        move_the_wall_clock(skew)
    sys.argv = ["celery", *words]
    runpy.run_module("celery", run_name="__main__", alter_sys=True)


def move_the_wall_clock(seconds: int) -> None:
    """From now on, this process lives in another time. Its monotonic clock goes on as before."""
    true_time, true_time_ns = time.time, time.time_ns
    time.time = lambda: true_time() + seconds
    time.time_ns = lambda: true_time_ns() + seconds * 10**9


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
