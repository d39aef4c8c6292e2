"""What a child's process runs first: it asks Linux to be told when its parent dies, then becomes the child.

Run as a file: `python -I -S launch.py PARENT PROGRAM [ARGUMENT…]`, which takes some 20 ms. The kernel keeps the wish
over the exec. It is made here, and not between fork and exec of the parent, where only C can be run safely.
Other systems know no such wish: there the children of a supervisor that was killed by SIGKILL must be ended by hand.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Become the command."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGTERM))
        if os.getppid() != parent:  # it died before the wish was made
            return
    os.execv(command[0], command)  # noqa: S606 - the supervisor's own words


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
