"""The command `zettai demo`: raises the curtain, lets the play run, and says how it ended."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console
from typer import TyperException

from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.output import AsJson
from zettai_demo import summary
from zettai_demo.observer import Observer
from zettai_demo.oracle import Evidence, judge
from zettai_demo.provider import Provider
from zettai_demo.requests import Diary
from zettai_demo.scenario import Scenario, Size, StuckError
from zettai_demo.stack import LIMIT, Stage
from zettai_demo.view import View, view_for
from zettai_demo.workers import CrewError

FEWEST = 100
"""Messages without which there would be nothing to see."""

WIDTH = 120
"""Columns where there is no terminal."""


def demo(
    *,
    messages: Annotated[int, typer.Option(min=FEWEST, help="Size of the campaign.")] = 6000,
    seed: Annotated[int, typer.Option(help="Draws the numbers, and rolls the dice for the faults.")] = 1,
    as_json: AsJson = False,
) -> ExitCode:
    """Send a campaign through real workers to a simulated provider, let things go wrong, and prove what became of it.

    Starts an embedded Redis (Valkey), the simulator and `zettai worker` on this machine, and stops them all.
    The answer is no (1) where the store and what the provider did differ in anything.
    """
    console = _console(stderr=as_json)
    try:
        with _ended_by_sigterm():
            ended = run(view_for(console, LIMIT), Size(messages), seed)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except (CrewError, StuckError) as error:
        raise TyperException(str(error)) from None
    if as_json:
        sys.stdout.write(json.dumps(ended.to_json(), ensure_ascii=False) + "\n")
    else:
        ended.print(console)
    return ExitCode.OK if ended.ok else ExitCode.NO


def run(view: View, size: Size, seed: int) -> summary.Summary:
    """Start everything, play, compare, and stop everything."""
    diary = Diary()
    with (
        Stage(seed) as stage,
        view,
        Observer(stage.store, stage.provider_url, diary, view.show) as observer,
        Provider(stage.provider_url) as provider,
    ):
        scenario = Scenario(stage.client, provider, stage.crew, observer, diary, size=size, seed=seed)
        scenario.play()
        return _sum_up(stage, provider, observer, diary)


def _sum_up(stage: Stage, provider: Provider, observer: Observer, diary: Diary) -> summary.Summary:
    store, taken, answers = list(stage.client.list()), list(provider.taken()), provider.answers()
    observer.arrivals.renew(0, provider.arrivals())
    evidence = Evidence(
        asked=diary.asked,
        canceled=diary.canceled,
        groups=diary.groups,
        refused=len(diary.refused),
        store=store,
        taken=taken,
        worst_second=observer.arrivals.worst,
        limit=LIMIT,
    )
    window = diary.saturated
    figures = summary.Figures(
        seconds=round(diary.elapsed, 1),
        messages=len(diary.asked),
        states=summary.states(store),
        worst_second=observer.arrivals.worst,
        saturation=summary.saturation(observer.arrivals, window, LIMIT),
        passwords_undisturbed=summary.password_waits(diary.asked, taken, window[1]) if window else None,
        passwords=summary.password_waits(diary.asked, taken),
        repeats=summary.repeats(taken, answers),
        answers=answers,
    )
    return summary.Summary(judge(evidence), figures)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    return console


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the play in order, as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signal.SIGTERM)
