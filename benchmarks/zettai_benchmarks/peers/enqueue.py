"""Enqueues with a Python peer: `python -m zettai_benchmarks.peers.enqueue MODULE COUNT LANE RUN [PAUSE]`, in its venv.

Prints when it began (seconds since the epoch) and how many seconds it took, without the start of the interpreter. With
a pause it enqueues one by one, so many seconds apart, and prints a JSON list of when it began with each.
"""

import json
import sys
from collections.abc import Sequence
from importlib import import_module
from time import sleep, time
from types import ModuleType

from zettai_benchmarks.peers.job import Order, orders


def main() -> None:
    """Run the command line."""
    name, count, lane, run, *pause = sys.argv[1:]
    peer = import_module(name)
    made = list(orders(int(count), lane, run))
    if pause:
        sys.stdout.write(json.dumps(one_by_one(peer, made, lane, float(pause[0]))))
        return
    began = time()
    peer.enqueue(made, lane)
    sys.stdout.write(f"{began} {time() - began}\n")


def one_by_one(peer: ModuleType, made: Sequence[Order], lane: str, pause: float) -> list[float]:
    """Enqueue each message at its time, and return when."""
    start = time()
    instants = []
    for number, order in enumerate(made):
        sleep(max(0.0, start + number * pause - time()))
        instants.append(time())
        peer.enqueue([order], lane)
    return instants


if __name__ == "__main__":
    main()
