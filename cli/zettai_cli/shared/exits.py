"""Exit codes, and the exception with which a command fails."""

from enum import IntEnum

from typer import TyperException


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
