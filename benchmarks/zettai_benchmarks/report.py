"""Renew the page of the results: `python -m zettai_benchmarks.report [FOLDER]`.

Without a folder, tables and pictures of docs/benchmarks.md are renewed from the JSON files beside it; the words around
them are written by hand. With a folder its pictures are drawn there, and its tables printed.
"""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from zettai_benchmarks.pictures import pictures
from zettai_benchmarks.results import FOLDER, Result, read_all
from zettai_benchmarks.tables import tables

PAGE = FOLDER.with_suffix(".md")

TITLES = {
    "arrivals": "Calls that arrive in each 10 ms, ours and two peers",
    "rate": "Calls in each second over the run, all",
    "cpu": "Processor time for each message, all",
    "latencies": "Share of the limit by the latency of the provider, all",
    "claimed": "Messages that are claimed and not in flight, by the latency of the provider",
    "urgent": "Which part of the urgent messages has arrived after how long, all",
}

PART = re.compile(r"(<!-- begin (?P<kind>table|picture) (?P<name>\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(page: str, results: Mapping[str, Result]) -> str:
    """Return the page with each part between markers made again.

    Raises:
        KeyError: a marker names a part that does not exist.
    """
    parts = {"table": tables(results), "picture": links(pictures(results))}
    return PART.sub(lambda found: f"{found[1]}{parts[found['kind']][found['name']]}\n{found[4]}", page)


def links(drawn: Mapping[str, str]) -> dict[str, str]:
    """Return the Markdown link of each picture, or a placeholder if it was not drawn."""
    return {
        name: f"![{title}]({FOLDER.name}/{name}.svg)" if name in drawn else "Not drawn yet."
        for name, title in TITLES.items()
    }


def draw(folder: Path, results: Mapping[str, Result]) -> None:
    """Write the pictures."""
    for name, drawn in pictures(results).items():
        (folder / f"{name}.svg").write_text(drawn, encoding="utf-8")


def main() -> None:
    """Run the command line."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    results = read_all(folder)
    if results:
        draw(folder, results)
    if folder == FOLDER:
        PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")
    else:
        sys.stdout.write("\n\n".join(f"{name}\n\n{table}" for name, table in tables(results).items()) + "\n")


if __name__ == "__main__":
    main()
