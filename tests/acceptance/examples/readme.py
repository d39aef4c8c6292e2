"""The commands that an example's README shows, as they can be run here."""

import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.docs.pages import blocks

EXAMPLES = Path(__file__).parents[3] / "examples"

PORT = "8000"
"""The one in the READMEs; here each example has its own."""

PROGRAMS = {"python": [], "flask": ["-m", "flask"], "uvicorn": ["-m", "uvicorn"]}
"""Run by the Python of the tests, for which a warning is an error."""

DONE = {"pip", "cd"}
"""What the tests have done by other means."""


@dataclass(frozen=True)
class Readme:
    """What a README says, line by line."""

    lines: list[list[str]]

    @classmethod
    def of(cls, name: str) -> Self:
        """That of an example."""
        [block] = blocks((EXAMPLES / name / "README.md").read_text(encoding="utf-8"), "console")
        lines = [shlex.split(line.removeprefix("$ ")) for line in block.splitlines()]
        known = {*PROGRAMS, *DONE, "export", "curl"}
        assert {words[0] for words in lines} <= known, "a command that no test runs"
        return cls(lines)

    @property
    def environment(self) -> dict[str, str]:
        """What is to be exported, to print what would be sent."""
        return dict(word.split("=") for words in self.lines if words[0] == "export" for word in words[1:])

    @property
    def before(self) -> list[list[str]]:
        """What is run to its end, in order: the database's set-up, and the example's own tests."""
        return [_command(words) for words in self.lines if words[0] in PROGRAMS and PORT not in words]

    def server(self, port: int) -> list[str]:
        """What serves, at another port; without Django's reloader, which would leave a process behind."""
        [words] = [words for words in self.lines if words[0] in PROGRAMS and PORT in words]
        reloader = ["--noreload"] if "runserver" in words else []
        return [*_command([str(port) if word == PORT else word for word in words]), *reloader]

    @property
    def request(self) -> tuple[str, str, dict[str, str]]:
        """What `curl` posts: the path, the body and the headers."""
        [words] = [words for words in self.lines if words[0] == "curl"]
        options = dict(zip(words[1:-1:2], words[2:-1:2], strict=True))
        header = options.get("-H", "Content-Type: application/x-www-form-urlencoded")
        return re.sub(r"^http://[^/]+", "", words[-1]), options["-d"], dict([header.split(": ")])


def _command(words: list[str]) -> list[str]:
    return [sys.executable, "-W", "error", *PROGRAMS[words[0]], *words[1:]]
