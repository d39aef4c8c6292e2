"""The pages as the tests read them: tables, blocks of code, links."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]

PAGES = sorted(
    path for found in ("*.md", "docs/**/*.md", "deploy/**/*.md", "examples/*/*.md") for path in ROOT.glob(found)
)


def read(name: str) -> str:
    """Return a page, by its path in the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def table(name: str, *header: str) -> list[dict[str, str]]:
    """Return the rows of the page's only table with this header, without the backticks around a cell."""
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
    """Return the names in backticks in a cell."""
    return re.findall(r"`([^`]+)`", cell)


FENCE = re.compile(
    r"(?:^<!-- from (?P<source>\S+) -->\n)?"
    r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$",
    flags=re.MULTILINE | re.DOTALL,
)


class Fence(NamedTuple):
    """A fenced block of a page.

    Attributes:
        source: the file that it quotes, where it says so.
    """

    language: str
    text: str
    source: str | None = None


def fences(text: str) -> list[Fence]:
    """Return the fenced blocks of a page in order, also those within lists."""
    return [
        Fence(one["language"], re.sub(f"^{one['indent']}", "", one["text"], flags=re.MULTILINE), one["source"])
        for one in FENCE.finditer(text)
    ]


TEXTS = re.compile(r'"[^"\n]*"|\'[^\'{}\n]*\'|#.*')
"""Texts and comments in code, which may be in the language of the page."""


def without_texts(code: str) -> str:
    """Return code without what may differ from language to language."""
    return TEXTS.sub("", code)


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of a language, without those that quote a file."""
    return [one.text for one in fences(text) if one.language == language and one.source is None]


def commands() -> Iterator[list[str]]:
    """Yield each command of each page as words. Output redirection is left out; what a shell computes is one word."""
    for page in PAGES:
        for block in blocks(page.read_text(encoding="utf-8"), "console"):
            for line in block.splitlines():
                if line.startswith("$ "):
                    yield from simple_commands(line.removeprefix("$ "))


def simple_commands(line: str) -> Iterator[list[str]]:
    """Yield the commands of a line of shell."""
    words = shlex.split(re.sub(r"\$\([^)]*\)", "COMPUTED", line))
    while words:
        end = words.index("&&") if "&&" in words else len(words)
        one, words = words[:end], words[end + 1 :]
        yield one[: next((place for place, word in enumerate(one) if word in {">", ">>"}), len(one))]


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
