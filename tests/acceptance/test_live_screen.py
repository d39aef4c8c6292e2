"""`zettai top` with real workers and a real beat."""

import json
import subprocess

from tests.integration.cli.helpers import COMMAND
from tests.support.stack import Stack, eventually

from zettai.core.lanes import Lane


def test_top_shows_workers_and_beat(stack: Stack) -> None:
    stack.wait_for_state(stack.client.send("09012345678", "x", lane=Lane.URGENT))
    environment = {name: value for name, value in stack.environment.items() if name != "ZETTAI_TOKEN"}

    def shown() -> dict[str, object] | None:
        ran = subprocess.run(
            [COMMAND, "top", "--once", "--json"], env=environment, check=True, capture_output=True, text=True
        )
        frame: dict[str, object] = json.loads(ran.stdout)
        return frame if frame["workers"] and frame["beat"]["alive"] else None  # type: ignore[index]

    frame = eventually(shown, "workers and beat are shown")

    assert len(frame["workers"]) == 2
    assert frame["beat"]["lag_seconds"] < 30
    assert frame["states"]["delivered"] >= 1
