"""Asks before something is done that cannot be undone."""

import sys
import unicodedata

from typer import Abort

from zettai_cli.shared.language import say

YES = {"y", "yes", "はい"}

NO = {"n", "no", "いいえ", ""}


def confirm(question: str) -> None:
    """Ask a question on stderr. An empty answer means no; an answer may be in full-width letters.

    Raises:
        Abort: the answer is no, or there is none.
    """
    while True:
        sys.stderr.write(f"{question} [y/N]: ")
        sys.stderr.flush()
        answer = _answer()
        if answer in YES:
            return
        if answer in NO:
            raise Abort
        sys.stderr.write(say("answer with y or n") + "\n")


def _answer() -> str:
    """Return what the user has written, or nothing at the end of the input or on Ctrl-C."""
    try:
        line = sys.stdin.readline()
    except KeyboardInterrupt:
        line = ""
    if not line.endswith("\n"):
        sys.stderr.write("\n")
    return unicodedata.normalize("NFKC", line).strip().casefold()
