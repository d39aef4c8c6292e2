"""The command `top`: how everything stands, once or again and again."""

import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from time import sleep
from typing import Annotated

import typer
from redis.exceptions import RedisError
from rich.live import Live

from zettai.core.store import MessageStore
from zettai.core.store.connection import UNRETRIED, connect
from zettai.core.store.keys import Keys
from zettai_cli.operations.top.frame import Frame
from zettai_cli.operations.top.reading import read_frame
from zettai_cli.operations.top.roll import Roll
from zettai_cli.operations.top.screen import REMEMBERED, screen
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.output import AsJson, Output, console
from zettai_cli.shared.parsing import duration
from zettai_worker.limiter import LimiterUnavailable
from zettai_worker.runtime import build_limiter
from zettai_worker.settings import LimiterSettings

SHORTEST = timedelta(seconds=0.2)
"""Between two frames: the picture shall cost Redis less than a percent."""

Read = Callable[[tuple[str, ...] | None], Frame]
"""Reads a frame, given the workers that answered."""


def top(
    *,
    once: Annotated[bool, typer.Option("--once", help="Show it once, and end.")] = False,
    interval: Annotated[
        timedelta, typer.Option(parser=duration, metavar="SECONDS", show_default="1", help="From one look to the next.")
    ] = timedelta(seconds=1),
    as_json: AsJson = False,
) -> ExitCode:
    """Show how everything stands, again and again until Ctrl-C: rate, queues, states, troubles, workers, beat.

    Needs Redis alone, and no token. JSON is one line a look.
    """
    if interval < SHORTEST:
        raise typer.BadParameter(f"--interval is at least {SHORTEST.total_seconds()} seconds")
    settings = LimiterSettings.load()
    output, roll = Output(as_json=as_json), Roll(settings)
    with _opened(settings) as read:
        if once:
            with closing(roll):
                frame = read(None)
                _show(output, replace(frame, workers=roll.call()))
            return ExitCode.OK
        with roll, suppress(KeyboardInterrupt):
            if as_json or not console().is_terminal:
                _lines(output, read, roll, interval)
            else:
                _live(read, roll, interval)
    return ExitCode.OK


@contextmanager
def _opened(settings: LimiterSettings) -> Iterator[Read]:
    """What reads frames. Nothing is asked twice: the next look comes anyway."""
    with connect(settings.redis_url, retry=UNRETRIED) as redis, closing(build_limiter(settings)) as limiter:
        store = MessageStore(redis, Keys(settings.key_prefix))
        yield lambda workers: read_frame(store, limiter, workers)


def _lines(output: Output, read: Read, roll: Roll, interval: timedelta) -> None:
    """One frame below the other, for programs and logs; Redis going away ends it."""
    while True:
        _show(output, read(roll.workers))
        sys.stdout.flush()
        sleep(interval.total_seconds())


def _live(read: Read, roll: Roll, interval: timedelta) -> None:
    """One picture that is drawn anew; while Redis is away, the last one stays, and says so."""
    rates: deque[int] = deque(maxlen=REMEMBERED)
    frame = read(roll.workers)
    with Live(console=console(), auto_refresh=False, screen=True) as live:
        while True:
            problem = None
            try:
                frame = read(roll.workers)
                rates.append(frame.limit.booked)
            except (RedisError, LimiterUnavailable) as error:
                # Its text might quote the URL, and so the password.
                problem = f"does not answer ({type(error).__name__}); what follows is old"
            live.update(screen(frame, rates, problem), refresh=True)
            sleep(interval.total_seconds())


def _show(output: Output, frame: Frame) -> None:
    output.show(frame.to_dict(), screen(frame, [frame.limit.booked]))
