"""Draw the picture of the demo for the README: the screen during the faults, and the summary, of one real run.

`make pictures` runs it. It prints lines while the demo runs, and writes docs/images/demo.svg at the end.
"""  # noqa: INP001 - a program, not a package

import io
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.terminal_theme import MONOKAI

from zettai_demo.observer import Snapshot
from zettai_demo.run import LIMIT, run
from zettai_demo.scenario import Size
from zettai_demo.view import LineView, panel

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "demo.svg"

WIDTH = 100
MESSAGES = 6000
SEED = 1

FORMAT = """<svg xmlns="http://www.w3.org/2000/svg" class="rich-terminal" viewBox="0 0 {width} {height}" role="img">
<title>zettai demo: the screen during the faults, and the summary</title>
<style>
.{unique_id}-matrix {{ font-family: monospace; font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
<rect width="{width}" height="{height}" rx="8" fill="#0c0c0c"/>
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g></g></svg>
"""
"""The format of rich, without its web fonts and without a window frame."""


class Recorder:
    """Shows lines, and keeps the snapshot with the most faults."""

    def __init__(self) -> None:
        self._lines = LineView(Console(width=WIDTH))
        self.kept = Snapshot()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing: the snapshot stays."""

    def show(self, snapshot: Snapshot) -> None:
        """Keep the latest snapshot with the most faults."""
        self._lines.show(snapshot)
        if len(snapshot.faults) >= len(self.kept.faults):
            self.kept = snapshot


def main() -> int:
    """Run the demo and draw it. Draw nothing if the demo fails."""
    recorder = Recorder()
    summary = run(recorder, Size(MESSAGES), SEED)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, emoji=False, highlight=False)
    console.print("[bold green]$[/] zettai demo\n")
    console.print(panel(recorder.kept, LIMIT))
    console.print()
    summary.print(console)
    sys.stdout.write(console.export_text(clear=False))
    if not summary.ok:
        return 1
    svg = console.export_svg(theme=MONOKAI, code_format=FORMAT, unique_id="demo")
    PICTURE.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
