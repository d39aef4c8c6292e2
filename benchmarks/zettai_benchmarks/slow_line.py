"""A slow line: `python slow_line.py NEAR FAR MILLISECONDS` makes two network devices, and carries packets between them.

What is sent into FAR comes out of NEAR so many milliseconds later; the other way takes no time. It says `ready` once
the devices are there, and they go with it, when its stdin ends. Needs root. The system's own `netem` would be faster,
but many kernels come without it.
"""

import fcntl
import os
import struct
import sys
from collections import deque
from contextlib import suppress
from select import select
from time import monotonic

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
LARGEST = 65_536
URGENT = 10


def device(name: str) -> int:
    """Create a network device, and return a descriptor to read what is sent into it and write what comes out of it."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH14x", name.encode(), IFF_TUN | IFF_NO_PI))
    return descriptor


def carry(near: int, far: int, delay: float) -> None:
    """Carry packets until stdin ends."""
    under_way: deque[tuple[float, bytes]] = deque()
    while True:
        pause = max(0.0, under_way[0][0] - monotonic()) if under_way else None
        readable, _, _ = select([near, far, sys.stdin], [], [], pause)
        if sys.stdin in readable:
            return
        if far in readable:
            under_way.append((monotonic() + delay, os.read(far, LARGEST)))
        if near in readable:
            _put(far, os.read(near, LARGEST))
        while under_way and under_way[0][0] <= monotonic():
            _put(near, under_way.popleft()[1])


def _put(descriptor: int, packet: bytes) -> None:
    """Write a packet; it is lost if the device is down or full."""
    with suppress(OSError):
        os.write(descriptor, packet)


def main() -> None:
    """Run the command line."""
    near, far, delay = device(sys.argv[1]), device(sys.argv[2]), float(sys.argv[3]) / 1000
    with suppress(OSError):  # a line knows nothing of how busy the cores are
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(URGENT))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    carry(near, far, delay)


if __name__ == "__main__":
    main()
