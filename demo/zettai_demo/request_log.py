"""What producers requested, and what the product answered: one side of the comparison that the oracle makes."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from time import time

from zettai import CancelOutcome, GroupCancel, Lane, SmsClient


@dataclass(frozen=True, slots=True)
class Request:
    """A message that a producer sent.

    Attributes:
        to: the number, in international form.
        requested_at: the time (seconds since the epoch) before the call.
        scheduled: it has a later send time, so the wait until it is sent is not measured.
        short_lived: it expires soon and is canceled while workers send it, so it may end as expired, or as unknown.
    """

    client_tag: str
    to: str = field(repr=False)
    body: str = field(repr=False)
    lane: Lane
    requested_at: float
    scheduled: bool = False
    short_lived: bool = False


@dataclass(frozen=True, slots=True)
class GroupCancelResult:
    """The messages of a group, and what `cancel_group` returned for it."""

    client_tags: Sequence[str]
    counts: GroupCancel


class RequestLog:
    """Everything that was requested. Several threads write: each entry is one operation on a dict or a list.

    Attributes:
        requests: the messages that were accepted, by client tag.
        refused: the errors of invalid messages.
        successors: what `replace` was asked to send in place of a message, by the tag of that message.
        cancels: the last outcome of each cancel, by client tag.
        groups: the result of each group cancel.
        suppressions: the numbers that were suppressed, with the times (seconds since the epoch) after the calls.
    """

    def __init__(self) -> None:
        self.requests: dict[str, Request] = {}
        self.successors: dict[str, Request] = {}
        self.refused: list[str] = []
        self.cancels: dict[str, CancelOutcome] = {}
        self.groups: list[GroupCancelResult] = []
        self.suppressions: dict[str, float] = {}

    def add(
        self,
        client_tag: str,
        to: str,
        body: str,
        lane: Lane,
        *,
        scheduled: bool = False,
        short_lived: bool = False,
    ) -> None:
        """Add a message."""
        self.requests[client_tag] = Request(client_tag, to, body, lane, time(), scheduled, short_lived)

    def add_suppression(self, to: str) -> None:
        """Add a number, in international form, whose addition to the suppression list was acknowledged."""
        self.suppressions[to] = time()

    def add_successor(self, client_tag: str, new_tag: str, body: str) -> None:
        """Add a message that was to be sent in place of another one."""
        old = self.requests[client_tag]
        self.successors[client_tag] = replace(old, client_tag=new_tag, body=body)

    def repeat_pending_cancels(self, client: SmsClient) -> None:
        """Cancel again what was pending, to learn the final outcome."""
        for client_tag, outcome in list(self.cancels.items()):
            if outcome is CancelOutcome.PENDING:
                self.cancels[client_tag] = client.cancel(client_tag)
