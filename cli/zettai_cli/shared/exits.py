"""Exit codes. An error is one line on stderr; `error_codes.py` says with which code."""

import sys
from enum import IntEnum
from typing import Any

from typer import Abort, TyperException
from typer.core import TyperGroup

from zettai_cli.shared.known_texts import translate
from zettai_cli.shared.language import say


class ExitCode(IntEnum):
    """The exit codes. Scripts may rely on these numbers."""

    OK = 0
    """The command succeeded, or the answer is yes."""
    NO = 1
    """The answer is no: rejected, not delivered, not found, too late, invalid row, failed check."""
    USAGE = 2
    """An argument or option is wrong. Nothing was done."""
    SETTINGS = 3
    """A setting is missing or wrong. Nothing was done."""
    UNAVAILABLE = 4
    """Redis does not answer. The message says whether anything was done."""
    PENDING = 5
    """The result is not known yet: the wait timed out, or a cancellation is pending. Ask again."""
    INTERRUPTED = 130
    """Interrupted by Ctrl-C."""


SUMMARY = (
    "Exit codes: 0 success or yes · 1 the answer is no · 2 wrong argument or option · 3 wrong settings · "
    "4 Redis does not answer · 5 the result is not known yet · 130 interrupted"
)
"""The exit codes in one line, for `--help`."""


class Failure(TyperException):
    """A command fails with a one-line text on stderr and an exit code."""

    def __init__(self, text: str, code: ExitCode = ExitCode.NO) -> None:
        super().__init__(text)
        self.exit_code = code


class Commands(TyperGroup):
    """A group of commands that return their exit code. It prints errors as one line."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command and exit with its code."""
        sys.exit(self._run(*args, **{**options, "standalone_mode": False}))

    def _run(self, *args: Any, **options: Any) -> int:
        try:
            return int(super().main(*args, **options) or ExitCode.OK)
        except TyperException as error:
            return _report(translate(" ".join(error.format_message().split())), ExitCode(error.exit_code))
        except Abort:
            return _report(say("not confirmed; nothing was done"), ExitCode.NO)
        except Exception as error:
            # Of any type: what is known is said in one line, all else is raised again. Imported here, because the
            # libraries of the errors take longer than `zettai --help`.
            from zettai_cli.shared.error_codes import explain  # noqa: PLC0415

            if (explained := explain(error)) is None:
                raise
            return _report(*explained)


def _report(error: str, code: ExitCode) -> ExitCode:
    if error:  # it is empty if the help was printed
        sys.stderr.write(f"zettai: {error}\n")
    return code
