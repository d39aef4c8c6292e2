"""Selects messages by the filters of `list` and `export`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from heapq import merge

from zettai import Carrier, Lane, Message, State
from zettai.core.accounts import account_label
from zettai.core.states import AT_PROVIDER
from zettai.core.store import MessageStore
from zettai.core.store.queries import group_key, has_metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Filters for messages. A filter that is not given matches all messages.

    Attributes:
        states: the message is in one of these states.
        group: the message belongs to this group.
        lane: the message was sent in this lane.
        carrier: the provider found this carrier, or the sender named it and the provider found none yet.
        sender: the message was sent from this code, or names it.
        account: the message belongs to this account.
        metadata: the message has all these pairs.
        since: the state changed at this time or later.
        until: the state changed before this time.
        overdue: the message has no final status yet, and it is late.
    """

    states: tuple[State, ...] = ()
    group: str | None = None
    lane: Lane | None = None
    carrier: Carrier | None = None
    sender: str | None = None
    account: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    overdue: bool = False

    def matches(self, message: Message) -> bool:
        """Return whether a message matches all filters."""
        return (
            (not self.states or message.state in self.states)
            and self.group in {None, message.group}
            and self.lane in {None, message.lane}
            and self.carrier in {None, message.carrier_found or message.carrier}
            and self.sender in {None, message.sent_from}
            and self.account in {None, account_label(message.account)}
            and has_metadata(message, self.metadata)
            and (self.since is None or message.since >= self.since)
            and (self.until is None or message.since < self.until)
            and (not self.overdue or (message.overdue and not message.state.is_final))
        )

    @property
    def scanned_states(self) -> tuple[State, ...]:
        """The states whose indexes are read if no group is given."""
        possible = AT_PROVIDER if self.overdue else frozenset(State)
        return tuple(state for state in State if state in possible and (not self.states or state in self.states))


def select(
    stores: Mapping[str | None, MessageStore], selection: Selection, *, newest_first: bool = False
) -> Iterator[Message]:
    """Yield the messages that match, one by one, with constant memory.

    Messages of a group come in the order of their creation, each once. Without a group they come state by state, in
    the order of the state change. A message whose state changes meanwhile can then come twice.

    Args:
        stores: of the accounts.
        selection: the filters.
        newest_first: the order.

    Raises:
        InvalidMessage: the group is invalid.
    """
    for message in _messages(stores, selection, newest_first=newest_first):
        if selection.matches(message):
            yield message


def _messages(
    stores: Mapping[str | None, MessageStore], selection: Selection, *, newest_first: bool
) -> Iterator[Message]:
    since, until = selection.since, selection.until
    if selection.group is not None:
        # The index of a group is ordered by creation. A state change is never earlier than the creation.
        store = next(iter(stores.values()))
        tags = store.scan(group_key(store, selection.group), until=until, newest_first=newest_first)
        yield from (message for message in store.messages(tags) if message.account in stores)
        return
    for state in selection.scanned_states:
        yield from merge(
            *(
                store.messages(store.scan(store.keys.state(state), since=since, until=until, newest_first=newest_first))
                for store in stores.values()
            ),
            key=lambda message: message.since,
            reverse=newest_first,
        )
