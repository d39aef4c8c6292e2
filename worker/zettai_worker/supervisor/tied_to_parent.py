"""Runs a command that gets SIGTERM when its parent process dies. Each child process of the supervisor runs this first.

Run as a file: `python -I -S tied_to_parent.py PARENT PROGRAM [ARGUMENT…]`, which takes about 20 ms. The request to the
Linux kernel survives the exec. It is made here and not between fork and exec of the parent, where only C code is safe.
Other systems have no such request: after a SIGKILL of the supervisor, its children must be stopped by hand.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Replace this process by the command."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGTERM))
        if os.getppid() != parent:  # the parent died before the request
            return
    os.execv(command[0], command)  # noqa: S606 - the supervisor's own command


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
