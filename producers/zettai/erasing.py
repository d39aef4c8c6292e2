"""Erasing a person, for `SmsClient.erase`, the gateway and `zettai erase`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zettai.core.message import CancelOutcome
from zettai.core.store.connection import store_errors
from zettai.core.store.scripts import CANCELABLE
from zettai.suppressions import checked_number
from zettai.writer import ProducerStore


@dataclass(frozen=True, slots=True)
class ErasurePreview:
    """What would be erased.

    Attributes:
        tags: of all records of the number.
        open_tags: of the messages that can still be canceled.
        sent: how many were sent and have no final state yet.
        damaged: how many records are damaged. They are not erased.
    """

    tags: Sequence[str]
    open_tags: Sequence[str]
    sent: int
    damaged: int

    def to_dict(self) -> dict[str, int]:
        """Return the values for JSON."""
        final = len(self.tags) - len(self.open_tags) - self.sent - self.damaged
        return {"final": final, "canceled_first": len(self.open_tags), "sent": self.sent, "damaged": self.damaged}


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """How many messages were erased.

    Attributes:
        erased: messages that are erased.
        pending: messages that are erased in the step in which they reach a final state.
        damaged: records that are damaged and stay.
    """

    erased: int
    pending: int
    damaged: int


class ErasingMethods:
    """Part of `SmsClient`."""

    _store: ProducerStore
    cancel: Callable[..., CancelOutcome]

    def preview_erasure(self, number: str, *, by_index: bool = False) -> ErasurePreview:
        """Return what `erase` would erase. Nothing changes. The arguments and the errors are those of `erase`."""
        normal = checked_number(number)
        with store_errors():
            tags = list(self._store.tags_of_number(normal, by_index=by_index))
            messages = self._store.get(tags)
        found = [message for message in messages if message is not None]
        open_tags = [message.client_tag for message in found if message.state in CANCELABLE]
        ended = sum(message.state.is_final for message in found)
        return ErasurePreview(tags, open_tags, len(found) - len(open_tags) - ended, len(messages) - len(found))

    def erase(self, person: str | ErasurePreview, *, by_index: bool = False) -> Erasure:
        """Erase a person: the number, texts and metadata of all messages to a number. See docs/how-to/personal-data.md.

        Tags and states stay, so that nothing is sent twice. Messages that are not sent yet are canceled first. A
        message without a final state is erased when it reaches one. It is safe to call again.

        Args:
            person: a Japanese mobile number, as people write it, or what `preview_erasure` returned.
            by_index: whether to look only into the index by number, in place of reading all records.

        Raises:
            InvalidMessage: the number is not valid. Nothing was erased.
            SettingsError: the index is to be used, and there is no `ZETTAI_INDEX_KEY`. Nothing was erased.
            EncryptionKeyMissing: a record is sealed with a key that this process does not have. Nothing was erased.
            LedgerUnavailable: Redis did not answer. It is safe to call again.
            NotDurable: a cancel may not be on disk yet. It is safe to call again.
        """
        preview = person if isinstance(person, ErasurePreview) else self.preview_erasure(person, by_index=by_index)
        with store_errors():
            # First all are marked, so that each one is erased in the step that ends it, also if this process is killed.
            self._store.erase(preview.tags)
        for tag in preview.open_tags:
            self.cancel(tag)
        with store_errors():
            erased = sum(message is not None and message.erased for message in self._store.get(preview.tags))
        return Erasure(erased=erased, pending=len(preview.tags) - erased - preview.damaged, damaged=preview.damaged)
