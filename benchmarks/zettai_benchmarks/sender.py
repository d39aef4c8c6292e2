"""A producer in a process of its own: `python -m zettai_benchmarks.sender COUNT PAUSE LANE SECONDS`.

Its settings come from the environment. It calls `send()` for one message after the other, each at its time, until it
has sent COUNT or SECONDS are over. It prints JSON: when each call began (microseconds since the epoch) and how many
seconds it took. The tags are LANE-0, LANE-1 and so on.
"""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import NamedTuple

from zettai import Lane, Settings, SmsClient

ROOT = Path(__file__).parents[2]


class Sent(NamedTuple):
    """What a producer has done."""

    tags: list[str]
    began: list[int]
    took: list[float]


def send(count: int, pause: float, lane: str, environment: Mapping[str, str], *, at_most_seconds: float = inf) -> Sent:
    """Run a producer to its end.

    Args:
        count: how many messages.
        pause: seconds from one call to the next; 0 for as fast as it goes.
        lane: of all of them; its name begins their tags.
        environment: with the product's settings.
        at_most_seconds: after this time it ends, although it has sent fewer messages.
    """
    words = [sys.executable, "-m", "zettai_benchmarks.sender", str(count), str(pause), lane, str(at_most_seconds)]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, env=dict(environment), cwd=ROOT)
    answer = json.loads(done.stdout)
    tags = [f"{lane}-{number}" for number in range(len(answer["began"]))]
    return Sent(tags, answer["began"], answer["took"])


def _number(position: int) -> str:
    """Return a phone number of its own for each message, as one-time passwords have, so that no guard refuses it."""
    return f"0901{position % 1_000_000:06d}0"


def main() -> None:
    """Run the command line."""
    count, pause, lane, at_most_seconds = int(sys.argv[1]), float(sys.argv[2]), Lane(sys.argv[3]), float(sys.argv[4])
    began: list[int] = []
    took: list[float] = []
    with SmsClient(Settings.load()) as client:
        client.send("09012345678", "a first one, which connects", client_tag=f"{lane}-first", lane=lane)
        start = time.monotonic()
        for number in range(count):
            if time.monotonic() - start >= at_most_seconds:
                break
            time.sleep(max(0.0, start + number * pause - time.monotonic()))
            began.append(time.time_ns() // 1000)
            before = time.perf_counter()
            client.send(_number(number), "Your code is 123456.", client_tag=f"{lane}-{number}", lane=lane)
            took.append(time.perf_counter() - before)
    sys.stdout.write(json.dumps({"began": began, "took": took}))


if __name__ == "__main__":
    main()
