"""The command `top`."""

import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from time import sleep
from typing import Annotated

import typer
from redis.exceptions import RedisError
from rich.live import Live

from zettai.core.redis_problem import describe_redis_error
from zettai.core.store.connection import UNRETRIED
from zettai_cli.operations.top.reading import read_snapshot
from zettai_cli.operations.top.screen import RATES_SHOWN, screen
from zettai_cli.operations.top.snapshot import Snapshot
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.known_texts import translate
from zettai_cli.shared.language import say
from zettai_cli.shared.options import Account, AsJson
from zettai_cli.shared.output import Output, console
from zettai_cli.shared.parsing import duration
from zettai_cli.shared.store import open_stores
from zettai_worker.limiter import LimiterUnavailable
from zettai_worker.runtime import build_limiter
from zettai_worker.settings import LimiterSettings
from zettai_worker.worker_pings import WorkerPings

SHORTEST_INTERVAL = timedelta(seconds=0.2)
"""Keeps the cost for Redis below 1 %."""

ReadSnapshot = Callable[[tuple[str, ...] | None], Snapshot]
"""Reads a snapshot, given the names of the workers that answered."""


def top(
    *,
    account: Account = None,
    once: Annotated[bool, typer.Option("--once", help="Show the screen once and exit.")] = False,
    interval: Annotated[
        timedelta, typer.Option(parser=duration, metavar="SECONDS", show_default="1", help="Time between two updates.")
    ] = timedelta(seconds=1),
    as_json: AsJson = False,
) -> ExitCode:
    """Show the send rate, queues, states, problems, workers and beat live, until Ctrl-C.

    The command needs Redis but no token. With --json it prints one JSON document for each update.
    """
    if interval < SHORTEST_INTERVAL:
        raise typer.BadParameter(
            say("--interval must be at least {seconds} seconds", seconds=SHORTEST_INTERVAL.total_seconds())
        )
    settings = LimiterSettings.load()
    output, pings = Output(as_json=as_json), WorkerPings(settings)
    with _open(settings, account) as read:
        if once:
            with closing(pings):
                snapshot = read(None)
                _show(output, replace(snapshot, workers=pings.ping()))
            return ExitCode.OK
        with pings, suppress(KeyboardInterrupt):
            if as_json or not console().is_terminal:
                _print_lines(output, read, pings, interval)
            else:
                _update_screen(read, pings, interval)
    return ExitCode.OK


@contextmanager
def _open(settings: LimiterSettings, account: str | None) -> Iterator[ReadSnapshot]:
    """Return a function that reads snapshots. It retries nothing: the next update follows soon."""
    with open_stores(settings, account, retry=UNRETRIED) as stores, ExitStack() as limiters:
        accounts = {
            one: (store, limiters.enter_context(closing(build_limiter(settings.for_account(one)))))
            for one, store in stores.items()
        }
        yield lambda workers: read_snapshot(accounts, workers)


def _print_lines(output: Output, read: ReadSnapshot, pings: WorkerPings, interval: timedelta) -> None:
    """Print snapshots one below the other, for programs and logs. An error of Redis ends the command."""
    while True:
        _show(output, read(pings.workers))
        sys.stdout.flush()
        sleep(interval.total_seconds())


def _update_screen(read: ReadSnapshot, pings: WorkerPings, interval: timedelta) -> None:
    """Update the screen. While Redis does not answer, it shows the last snapshot and the error."""
    rates: deque[int] = deque(maxlen=RATES_SHOWN)
    snapshot = read(pings.workers)
    with Live(console=console(), auto_refresh=False, screen=True) as live:
        while True:
            problem = None
            try:
                snapshot = read(pings.workers)
                rates.append(snapshot.booked)
            except (RedisError, LimiterUnavailable) as error:
                # The text of the error can contain the URL with the password.
                problem = say(
                    "does not answer ({error}); the values below are old",
                    error=translate(describe_redis_error(error)),
                )
            live.update(screen(snapshot, rates, problem), refresh=True)
            sleep(interval.total_seconds())


def _show(output: Output, snapshot: Snapshot) -> None:
    output.show(snapshot.to_dict(), screen(snapshot, [snapshot.booked]))
