"""Exit codes, and which error leads to which. Every error becomes one line on stderr, here and nowhere else."""

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
    SettingsError,
    TagConflict,
    ZettaiError,
)
from zettai_worker.limiter import LimiterUnavailable


class ExitCode(IntEnum):
    """What the command's end means. Scripts may rely on these numbers."""

    OK = 0
    """Done, or the answer is yes."""
    NO = 1
    """The answer is no: rejected, not delivered, not found, too late, a bad row, a failed check."""
    USAGE = 2
    """Wrong words or values; nothing was done."""
    SETTINGS = 3
    """A setting is missing or wrong; nothing was done."""
    UNAVAILABLE = 4
    """Redis does not answer; whether anything was done, the message says."""
    PENDING = 5
    """Nobody knows yet: the wait ran out, or a cancel waits for the provider's answer. Ask again."""
    INTERRUPTED = 130
    """Ctrl-C."""


SUMMARY = (
    "Exit codes: 0 done or yes · 1 the answer is no · 2 wrong words or values · 3 wrong settings · "
    "4 Redis does not answer · 5 nobody knows yet · 130 interrupted"
)
"""The same for `--help`."""

_CODES: dict[type[Exception], ExitCode] = {
    SettingsError: ExitCode.SETTINGS,
    InvalidMessage: ExitCode.USAGE,
    TagConflict: ExitCode.NO,
    LedgerUnavailable: ExitCode.UNAVAILABLE,
    DurabilityUnavailable: ExitCode.SETTINGS,
    NotDurable: ExitCode.PENDING,
    LimiterUnavailable: ExitCode.UNAVAILABLE,
}


class Failure(TyperException):
    """A command cannot do what was asked; the text says why, in one line."""

    def __init__(self, text: str, code: ExitCode = ExitCode.NO) -> None:
        super().__init__(text)
        self.exit_code = code


class Commands(TyperGroup):
    """A group of commands that return their exit code, and whose errors take one line."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command, and exit with its code."""
        sys.exit(self._run(*args, **{**options, "standalone_mode": False}))

    def _run(self, *args: Any, **options: Any) -> int:
        try:
            return int(super().main(*args, **options) or ExitCode.OK)
        except TyperException as error:
            return _end(" ".join(error.format_message().split()), ExitCode(error.exit_code))
        except Abort:
            return _end("not confirmed; nothing was done", ExitCode.NO)
        except (ZettaiError, LimiterUnavailable) as error:
            return _end(str(error), _CODES.get(type(error), ExitCode.NO))
        except (RedisError, OperationalError) as error:
            # Its text might quote the URL, and so the password.
            return _end(f"Redis does not answer ({type(error).__name__}); see zettai doctor", ExitCode.UNAVAILABLE)


def _end(error: str, code: ExitCode) -> ExitCode:
    if error:  # without any, the help was printed
        sys.stderr.write(f"zettai: {error}\n")
    return code
