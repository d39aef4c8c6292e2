"""The command line: `python -m zettai_benchmarks.peers NAME`, in the product's venv; `install.sh` comes first."""

import argparse
import json
import sys
from pathlib import Path

from zettai_benchmarks.peers.catalog import KINDS
from zettai_benchmarks.peers.run import Plan, run
from zettai_simulator.settings import Latency


def main() -> None:
    """Run one peer once, print its measurements, and write all data to the file if one is given."""
    given = _parser().parse_args()
    kind, latency = KINDS[given.peer], Latency(given.latency, given.jitter)
    plan = Plan(
        peer=given.peer,
        messages=given.messages or round((given.limit or 1000) * (given.seconds + 4)),
        seconds=given.seconds,
        limit=given.limit,
        latency=latency,
        processes=given.processes or kind.processes,
        concurrency=given.concurrency or kind.concurrency_at(given.limit, given.latency + given.jitter),
        settling=given.settling,
    )
    found = run(plan)
    sys.stdout.write(json.dumps({**found["plan"], **found["measurements"]}, indent=1) + "\n")
    if given.output is not None:
        given.output.write_text(json.dumps(found, separators=(",", ":")) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m zettai_benchmarks.peers",
        description="Measure another product in place of ours. Durations are in seconds.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("peer", choices=list(KINDS))
    parser.add_argument(
        "--messages", type=int, help="the backlog; by default slightly more than can be sent in the time"
    )
    parser.add_argument(
        "--seconds", type=float, default=20.0, help="how long arrivals are counted, after 2 seconds of warm-up"
    )
    parser.add_argument("--limit", type=int, default=600, help="calls a second, 0 for no limit")
    parser.add_argument("--latency", type=float, default=0.1, help="the shortest time that the provider takes")
    parser.add_argument("--jitter", type=float, default=0.0, help="the most that is added to it at random")
    parser.add_argument("--settling", type=float, default=0.0, help="time from the first call to the measurement")
    parser.add_argument("--processes", type=int, help="worker processes; each peer has its own default")
    parser.add_argument(
        "--concurrency", type=int, help="messages in flight in each process; by default enough for limit and latency"
    )
    parser.add_argument("--output", type=Path, help="JSON file for the measurements and the raw data")
    return parser


if __name__ == "__main__":
    main()
