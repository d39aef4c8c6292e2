"""The commands `events replay` and `events forget`, for the endpoints of `zettai webhooks`."""

import re
from datetime import datetime
from typing import Annotated

import typer

from zettai.core.store import WorkerStore
from zettai.core.store.events import read_events
from zettai.core.times import to_milliseconds
from zettai_cli.messages.events import LARGEST, SinceTime, TagFilter, TypeFilter, chosen, events, just_before
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.language import say
from zettai_cli.shared.options import AsJson, GroupFilter
from zettai_cli.shared.output import Output
from zettai_cli.shared.parsing import time_with_zone
from zettai_cli.shared.store import open_store
from zettai_worker.webhooks import replay as replays

__all__ = ["events"]

_ID = re.compile(r"[0-9]{1,20}-[0-9]{1,20}")

EndpointName = Annotated[str, typer.Argument(metavar="ENDPOINT", help="The name of the endpoint in the file.")]


def event_id(text: str) -> str:
    """Parse the id of an event.

    Raises:
        typer.BadParameter: it has another form.
    """
    if not _ID.fullmatch(text) or max(map(int, text.split("-"))) > LARGEST:
        raise typer.BadParameter(say("{given!r} is not the id of an event, such as 1764201600000-0", given=text))
    return text


@events.command()
def replay(
    endpoint: EndpointName,
    *,
    given_up: Annotated[bool, typer.Option("--given-up", help="The events that the endpoint never got.")] = False,
    since: SinceTime = None,
    until: Annotated[
        datetime | None,
        typer.Option("--until", parser=time_with_zone, metavar="TIME", help="Only events before TIME."),
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", parser=event_id, metavar="ID", help="Only this event and later ones.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", parser=event_id, metavar="ID", help="Only this event and earlier ones.")
    ] = None,
    tag: TagFilter = None,
    group: GroupFilter = None,
    event_type: TypeFilter = None,
    as_json: AsJson = False,
) -> ExitCode:
    """Deliver old events to a webhook endpoint again, with the ids that they had.

    Choose the events by time, id, tag or group, or all that were given up. Redis keeps about the latest 1,000,000. The
    endpoint still gets only what its table in the file asks for.
    """
    selection = (since, until, first, last, tag, group, event_type)
    if given_up == any(one is not None for one in selection):
        raise typer.BadParameter(say("give --given-up alone, or choose events by time, id, tag, group or type"))
    if since is not None and first is not None:
        raise typer.BadParameter(say("give --since or --from, not both"))
    if until is not None and last is not None:
        raise typer.BadParameter(say("give --until or --to, not both"))
    with open_store() as store:
        _check_endpoint(store, endpoint)
        try:
            if given_up:
                count = replays.replay_given_up(store.redis, store.keys, endpoint)
            else:
                found = read_events(store.redis, store.keys, after=_just_before(since, first))
                end = last if until is None else f"{max(to_milliseconds(until), 1) - 1}-{LARGEST}"
                wanted = filter(chosen(tag, group, event_type), replays.between(found, end))
                count = replays.replay(store.redis, store.keys, endpoint, wanted)
        except replays.TooManyReplays:
            raise Failure(
                say(
                    "{most:,} events wait already; run the command again when the endpoint has them",
                    most=replays.MOST_REPLAYS,
                )
            ) from None
    Output(as_json=as_json).show(
        {"endpoint": endpoint, "events": count},
        say("{count:,} events wait for {endpoint}", count=count, endpoint=endpoint),
    )
    return ExitCode.OK


@events.command()
def forget(endpoint: EndpointName) -> ExitCode:
    """Delete what Redis keeps about a webhook endpoint that is not in the file any more."""
    with open_store() as store:
        _check_endpoint(store, endpoint)
        if replays.is_active(store.redis, store.keys, endpoint):
            raise Failure(
                say(
                    "a process delivers to {endpoint}; remove it from ZETTAI_WEBHOOKS_FILE first",
                    endpoint=endpoint,
                )
            )
        replays.forget(store.redis, store.keys, endpoint)
    return ExitCode.OK


def _check_endpoint(store: WorkerStore, endpoint: str) -> None:
    names = replays.endpoint_names(store.redis, store.keys)
    if endpoint not in names:
        raise Failure(
            say(
                "no endpoint {endpoint!r}; there are: {names}",
                endpoint=endpoint,
                names=", ".join(names) or say("none, start zettai webhooks once"),
            )
        )


def _just_before(since: datetime | None, first: str | None) -> str:
    """Return the id after which to read."""
    if first is not None:
        return just_before(*map(int, first.split("-")))
    return "-" if since is None else just_before(to_milliseconds(since))
