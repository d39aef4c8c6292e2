"""Enqueues with a Python peer: `python -m tests.benchmarks.peers.enqueue MODULE COUNT LANE RUN`, in the peers' venv.

Prints the seconds that it took, without the start of the interpreter.
"""

import sys
from importlib import import_module
from time import perf_counter

from tests.benchmarks.peers.job import orders


def main() -> None:
    """Do as the words say."""
    name, count, lane, run = sys.argv[1:]
    peer = import_module(name)
    made = list(orders(int(count), lane, run))
    started = perf_counter()
    peer.enqueue(made, lane)
    sys.stdout.write(f"{perf_counter() - started}\n")


if __name__ == "__main__":
    main()
