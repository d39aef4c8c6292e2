"""The clocks of a process follow a `MovableClock`."""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from zettai_demo.stack import MovableClock, launch

HOUR = 3600

PROGRAM = """
import json, sys, runpy
from pathlib import Path
runpy.run_path(sys.argv[1])["follow"](Path(sys.argv[2]))
import time
from datetime import datetime, timezone
for _ in range(3):
    now = datetime.now(timezone.utc)
    print(json.dumps([time.time(), now.timestamp(), time.monotonic(), isinstance(now, datetime)]), flush=True)
    input()
"""


def test_process_follows_its_clock(tmp_path: Path) -> None:
    clock = MovableClock(tmp_path / "clock", HOUR)
    command = [sys.executable, "-P", "-c", PROGRAM, launch.__file__, str(clock.path)]
    readings = []
    moves: list[Callable[[], None]] = [partial(clock.jump, -HOUR), partial(clock.suspend, HOUR), lambda: None]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        for move in moves:
            readings.append(json.loads(process.stdout.readline()))
            move()
            print(file=process.stdin, flush=True)

    walls, dates, monotonics, are_dates = zip(*readings, strict=True)
    assert [round((later - walls[0]) / HOUR) for later in walls] == [0, -1, -1]
    assert [round((later - dates[0]) / HOUR) for later in dates] == [0, -1, -1]
    assert [round((later - monotonics[0]) / HOUR) for later in monotonics] == [0, 0, -1]
    assert all(are_dates)
