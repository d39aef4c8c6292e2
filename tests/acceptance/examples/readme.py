"""The commands in the README of an example."""

import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.docs.pages import blocks

EXAMPLES = Path(__file__).parents[3] / "examples"

PORT = "8000"
"""The port in the READMEs. In the tests each example has its own."""

PROGRAMS = {"python": [], "flask": ["-m", "flask"], "uvicorn": ["-m", "uvicorn"]}
"""Programs that run with the Python of the tests, where a warning is an error."""

DONE = {"pip", "cd"}
"""Commands that the tests replace."""


@dataclass(frozen=True)
class Readme:
    """The commands of a README, line by line."""

    lines: list[list[str]]

    @classmethod
    def of(cls, name: str) -> Self:
        """Return the README of an example."""
        [block] = blocks((EXAMPLES / name / "README.md").read_text(encoding="utf-8"), "console")
        lines = [shlex.split(line.removeprefix("$ ")) for line in block.splitlines()]
        known = {*PROGRAMS, *DONE, "export", "curl"}
        assert {words[0] for words in lines} <= known, "a command that no test runs"
        return cls(lines)

    @property
    def environment(self) -> dict[str, str]:
        """Return the exported variables. With them, messages are printed."""
        return dict(word.split("=") for words in self.lines if words[0] == "export" for word in words[1:])

    @property
    def before(self) -> list[list[str]]:
        """Return the commands before the server, in order: the migrations and the tests of the example."""
        return [_command(words) for words in self.lines if words[0] in PROGRAMS and PORT not in words]

    def server(self, port: int) -> list[str]:
        """Return the command of the server, with another port and without the reloader of Django."""
        [words] = [words for words in self.lines if words[0] in PROGRAMS and PORT in words]
        reloader = ["--noreload"] if "runserver" in words else []
        return [*_command([str(port) if word == PORT else word for word in words]), *reloader]

    @property
    def request(self) -> tuple[str, str, dict[str, str]]:
        """Return the path, the body and the headers of the `curl` command."""
        [words] = [words for words in self.lines if words[0] == "curl"]
        options = dict(zip(words[1:-1:2], words[2:-1:2], strict=True))
        header = options.get("-H", "Content-Type: application/x-www-form-urlencoded")
        return re.sub(r"^http://[^/]+", "", words[-1]), options["-d"], dict([header.split(": ")])


def _command(words: list[str]) -> list[str]:
    return [sys.executable, "-W", "error", *PROGRAMS[words[0]], *words[1:]]
