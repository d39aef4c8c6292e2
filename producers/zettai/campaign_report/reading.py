"""Reads the messages of a group for the report."""

from collections.abc import Iterator, Mapping
from itertools import islice
from types import MappingProxyType

from zettai.campaign_report.builder import ReportBuilder
from zettai.campaign_report.statistics import Report
from zettai.core.message import Message
from zettai.core.store import WorkerStore
from zettai.core.store.queries import group_key, has_metadata
from zettai.core.store.scripts import BATCH, NEEDS_BODY
from zettai.core.text import estimated_parts

NO_METADATA: Mapping[str, str] = MappingProxyType({})


def read_report(
    store: WorkerStore, group: str, metadata: Mapping[str, str] = NO_METADATA, *, owner: str | None = None
) -> Report:
    """Read the messages of a group in batches, each once, and return the report.

    Args:
        store: of the messages.
        group: the group.
        metadata: only messages with these pairs count.
        owner: only messages of this owner count; None for those of any.

    Raises:
        InvalidMessage: the group is invalid.
    """
    key, at, builder = group_key(store, group), store.now(), ReportBuilder()
    found = (
        message
        for message in store.messages(store.scan(key))
        if has_metadata(message, metadata) and owner in {None, message.owner}
    )
    for message, parts in _with_parts(store, found):
        builder.add(message, parts)
    return builder.build(group, at)


def _with_parts(store: WorkerStore, messages: Iterator[Message]) -> Iterator[tuple[Message, int | None]]:
    """Yield messages with the estimated number of parts, or None if the store has erased the text."""
    while batch := list(islice(messages, BATCH)):
        tags = [message.client_tag for message in batch if message.state in NEEDS_BODY]
        texts = dict(zip(tags, store.bodies(tags), strict=True)) if tags else {}
        for message in batch:
            text = texts.get(message.client_tag)
            yield message, None if text is None else estimated_parts(text)
