"""Exit codes, and the one place that maps errors to them. An error is one line on stderr."""

import sys
from enum import IntEnum
from typing import Any

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError
from typer import Abort, TyperException
from typer.core import TyperGroup

from zettai import (
    DurabilityUnavailable,
    InvalidMessage,
    LedgerUnavailable,
    NotDurable,
    ReplacementPending,
    SettingsError,
    SuppressionKeyMismatch,
    TagConflict,
    ZettaiError,
)
from zettai_worker.limiter import LimiterUnavailable


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

_CODES: dict[type[Exception], ExitCode] = {
    SettingsError: ExitCode.SETTINGS,
    InvalidMessage: ExitCode.USAGE,
    TagConflict: ExitCode.NO,
    ReplacementPending: ExitCode.PENDING,
    LedgerUnavailable: ExitCode.UNAVAILABLE,
    DurabilityUnavailable: ExitCode.SETTINGS,
    SuppressionKeyMismatch: ExitCode.SETTINGS,
    NotDurable: ExitCode.PENDING,
    LimiterUnavailable: ExitCode.UNAVAILABLE,
}


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
            return _report(" ".join(error.format_message().split()), ExitCode(error.exit_code))
        except Abort:
            return _report("not confirmed; nothing was done", ExitCode.NO)
        except (ZettaiError, LimiterUnavailable) as error:
            return _report(str(error), _CODES.get(type(error), ExitCode.NO))
        except (RedisError, OperationalError) as error:
            # The text of the error can contain the URL with the password.
            return _report(f"Redis does not answer ({type(error).__name__}); run zettai doctor", ExitCode.UNAVAILABLE)


def _report(error: str, code: ExitCode) -> ExitCode:
    if error:  # it is empty if the help was printed
        sys.stderr.write(f"zettai: {error}\n")
    return code
