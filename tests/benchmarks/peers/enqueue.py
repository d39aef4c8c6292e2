"""Enqueues with a Python peer: `python -m tests.benchmarks.peers.enqueue MODULE COUNT LANE RUN`, in the peers' venv.

Prints when it began (seconds since the epoch) and how many seconds it took, without the start of the interpreter.
"""

import sys
from importlib import import_module
from time import time

from tests.benchmarks.peers.job import orders


def main() -> None:
    """Do as the words say."""
    name, count, lane, run = sys.argv[1:]
    peer = import_module(name)
    made = list(orders(int(count), lane, run))
    began = time()
    peer.enqueue(made, lane)
    sys.stdout.write(f"{began} {time() - began}\n")


if __name__ == "__main__":
    main()
