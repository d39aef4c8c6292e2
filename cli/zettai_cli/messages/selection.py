"""Which messages a command is about: the filters that `list` and `export` share."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer

from zettai import Carrier, InvalidMessage, Lane, Message, Settings, State
from zettai.core.states import AT_PROVIDER
from zettai.core.store import MessageStore, WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.core.validation import checked_tag
from zettai_cli.shared.parsing import moment

States = Annotated[
    list[State] | None, typer.Option("--state", help="Only those in this state; may be given several times.")
]
Group = Annotated[str | None, typer.Option(help="Only those of this group.")]
OnLane = Annotated[Lane | None, typer.Option(help="Only those of this lane.")]
OfCarrier = Annotated[Carrier | None, typer.Option(help="Only those for which the sender named this carrier.")]
Since = Annotated[
    datetime | None,
    typer.Option(parser=moment, metavar="TIME", help="Only those that came into their state at or after this time."),
]
Until = Annotated[
    datetime | None,
    typer.Option(parser=moment, metavar="TIME", help="Only those that came into their state before this time."),
]
Overdue = Annotated[bool, typer.Option("--overdue", help="Only those whose end is late.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Some of the messages; whatever is not given leaves none out.

    Attributes:
        states: those that a message may be in; all unless given.
        since: the earliest time at which it came into its state.
        until: this time, and all later ones, are too late for that.
        overdue: its end must be late, and still open.
    """

    states: tuple[State, ...] = ()
    group: str | None = None
    lane: Lane | None = None
    carrier: Carrier | None = None
    since: datetime | None = None
    until: datetime | None = None
    overdue: bool = False

    def wants(self, message: Message) -> bool:
        """Whether a message is among them."""
        return (
            (not self.states or message.state in self.states)
            and self.group in {None, message.group}
            and self.lane in {None, message.lane}
            and self.carrier in {None, message.carrier}
            and (self.since is None or message.since >= self.since)
            and (self.until is None or message.since < self.until)
            and (not self.overdue or (message.overdue and not message.state.is_final))
        )

    @property
    def walked(self) -> tuple[State, ...]:
        """The states whose indexes must be walked through, where no group is given: in the order of a message's way."""
        possible = AT_PROVIDER if self.overdue else frozenset(State)
        return tuple(state for state in State if state in possible and (not self.states or state in self.states))


def select(store: MessageStore, selection: Selection, *, newest_first: bool = False) -> Iterator[Message]:
    """Read the messages of a selection; memory stays flat however many there are.

    Those of a group come in the order of their creation, and each once. Others come state by state, each state in the
    order in which they came into it; one that moves on meanwhile may be met again in its next state.

    Raises:
        InvalidMessage: that is no group.
    """
    for message in store.messages(_tags(store, selection, newest_first=newest_first)):
        if selection.wants(message):
            yield message


def _tags(store: MessageStore, selection: Selection, *, newest_first: bool) -> Iterator[str]:
    since, until = selection.since, selection.until
    if selection.group is not None:
        # A group's index goes by creation, which is never after the message came into its state.
        yield from store.scan(group_key(store, selection.group), until=until, newest_first=newest_first)
        return
    for state in selection.walked:
        yield from store.scan(store.keys.state(state), since=since, until=until, newest_first=newest_first)


def group_key(store: MessageStore, group: str) -> str:
    """The index of a group.

    Raises:
        InvalidMessage: that is no group.
    """
    try:
        return store.keys.group(checked_tag(group))
    except ValueError as error:
        raise InvalidMessage("group", str(error)) from None


@contextmanager
def open_store() -> Iterator[WorkerStore]:
    """The store of the settings; neither the token nor the account is needed."""
    settings = Settings.load()
    with connect(settings.redis_url) as redis:
        yield WorkerStore(redis, Keys(settings.key_prefix))
