"""The pages as the tests read them: tables, blocks of code, links."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

PAGES = sorted(
    path for found in ("*.md", "docs/**/*.md", "deploy/**/*.md", "examples/*/*.md") for path in ROOT.glob(found)
)


def read(name: str) -> str:
    """A page, by its path in the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def table(name: str, *header: str) -> list[dict[str, str]]:
    """The rows of the page's only table with this header; a cell's own backticks are taken off."""
    lines = iter(read(name).splitlines())
    found = [_rows(lines, header) for line in lines if _cells(line) == [*header]]
    assert len(found) == 1, f"{name} has {len(found)} tables with the header {header}"
    return found[0]


def _rows(lines: Iterator[str], header: tuple[str, ...]) -> list[dict[str, str]]:
    next(lines)  # the rule under the header
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append(dict(zip(header, map(_bare, _cells(line)), strict=True)))
    return rows


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []


def _bare(cell: str) -> str:
    return cell.strip("`") if cell.count("`") == 2 else cell


def names(cell: str) -> list[str]:
    """The names in backticks of a cell."""
    return re.findall(r"`([^`]+)`", cell)


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def commands() -> Iterator[list[str]]:
    """Each command line that a page shows, as words; a variable set in front of it is no word of it."""
    for page in PAGES:
        for block in blocks(page.read_text(encoding="utf-8"), "console"):
            yield from (shlex.split(line.removeprefix("$ ")) for line in block.splitlines() if line.startswith("$ "))


def anchors(text: str) -> set[str]:
    """The names under which a page's headings can be linked to."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
