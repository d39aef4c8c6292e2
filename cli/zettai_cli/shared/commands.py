"""Runs commands. An error is one line on stderr; `error_codes.py` says with which exit code."""

import sys
from typing import Any

from typer import Abort, TyperException
from typer.core import TyperGroup

from zettai.core.library_words import in_our_words
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.known_texts import translate
from zettai_cli.shared.language import say


class Commands(TyperGroup):
    """A group of commands that return their exit code. It prints errors as one line."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command and exit with its code."""
        sys.exit(self._run(*args, **{**options, "standalone_mode": False}))

    def _run(self, *args: Any, **options: Any) -> int:
        try:
            return int(super().main(*args, **options) or ExitCode.OK)
        except TyperException as error:
            return _report(translate(in_our_words(" ".join(error.format_message().split()))), ExitCode(error.exit_code))
        except Abort:
            return _report(say("not confirmed; nothing was done"), ExitCode.NO)
        except Exception as error:
            # Any error may be one that users can mend; what cannot be explained is raised again. Imported here, because
            # the libraries of the errors take longer than `zettai --help`.
            from zettai_cli.shared.error_codes import explain  # noqa: PLC0415

            if (explained := explain(error)) is None:
                raise
            return _report(*explained)


def _report(error: str, code: ExitCode) -> ExitCode:
    if error:  # it is empty if the help was printed
        sys.stderr.write(f"zettai: {error}\n")
    return code
