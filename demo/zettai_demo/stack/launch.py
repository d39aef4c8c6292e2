"""Run a module in a process that ends with its parent, and with clocks that a test may move.

Run as a file: `python -P launch.py PARENT CLOCK MODULE WORD…`. On Linux the kernel kills the process when its parent
dies, also while it is stopped, so an aborted run leaves no process behind. CLOCK is the file of a `MovableClock`, or
`-`. It moves the clocks that Python code reads: `time.time` is the clock of kombu's visibility timeout,
`datetime.now` that of Celery's beat. libfaketime would move C's clocks as well, but its `clock_nanosleep` fails with
EINVAL under Python's `time.sleep` (Debian's 0.9.10, Python 3.11).
"""

import ctypes
import datetime as dt
import mmap
import os
import runpy
import signal
import struct
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1

OFFSETS = struct.Struct("dd")
"""The file of a clock: seconds by which the wall clock and the monotonic clock are ahead."""


def main(parent: int, clock: str, module: str, words: list[str]) -> None:
    """Run a module in this process."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
        if os.getppid() != parent:  # the parent died before the call
            return
    if clock != "-":
        follow(Path(clock))
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def follow(clock: Path) -> None:
    """Move the clocks of this process as the file says, now and later."""
    with clock.open("rb") as file:
        offsets = mmap.mmap(file.fileno(), OFFSETS.size, prot=mmap.PROT_READ)
    true_time, true_time_ns, true_monotonic, true_datetime = time.time, time.time_ns, time.monotonic, dt.datetime

    def wall() -> float:
        return float(OFFSETS.unpack_from(offsets)[0])

    class DatetimeType(type):
        """Lets values of the true class count as values of the moved one."""

        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, true_datetime)

    class MovedDatetime(dt.datetime, metaclass=DatetimeType):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
            return true_datetime.now(tz) + dt.timedelta(seconds=wall())

    time.time = lambda: true_time() + wall()
    time.time_ns = lambda: true_time_ns() + int(wall() * 10**9)
    time.monotonic = lambda: true_monotonic() + OFFSETS.unpack_from(offsets)[1]
    dt.datetime = MovedDatetime  # type: ignore[misc]


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
