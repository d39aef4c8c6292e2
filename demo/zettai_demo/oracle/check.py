"""What a check of the oracle returns, and what the checks share."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from zettai import Message
from zettai.core.events import MessageEvent
from zettai_demo.evidence import Evidence, ProviderRecord
from zettai_demo.request_log import Request

Item = TypeVar("Item", Request, Message, ProviderRecord, MessageEvent)


@dataclass(frozen=True, slots=True)
class Check:
    """A promise of the product, and whether it was kept.

    Attributes:
        promise: what must be true.
        examined: number of items that were compared.
        wrong: one line for each difference.
    """

    promise: str
    examined: int
    wrong: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is no difference."""
        return not self.wrong


def check_each(promise: str, items: Iterable[Item], difference: Callable[[Item], str | None]) -> Check:
    """Return the check of a promise about each item. `difference` says what is wrong with one, or None."""
    items = list(items)
    wrong = tuple(f"{item.client_tag} {problem}" for item in items if (problem := difference(item)))
    return Check(promise, len(items), wrong)


def messages_by_tag(evidence: Evidence) -> dict[str, Message]:
    """Return the messages of the store."""
    return {message.client_tag: message for message in evidence.messages}


def records_by_tag(evidence: Evidence) -> dict[str, ProviderRecord]:
    """Return what the provider has."""
    return {record.client_tag: record for record in evidence.records}
