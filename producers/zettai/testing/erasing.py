"""Erasing messages in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from zettai.core.message import Message
from zettai.core.new_message import NewMessage

ERASED = "erased"


class InMemoryErasure:
    """Part of `InMemoryStore`."""

    outbox: dict[str, NewMessage]
    messages: dict[str, Message]
    to_erase: set[str]

    def tags_of_number(self, number: str, *, by_index: bool) -> Iterator[str]:  # noqa: ARG002 - see AccountStores
        """Yield tags; see `AccountStores.tags_of_number`. All are found, without a key."""
        return (message.client_tag for message in self.messages.values() if message.to == number)

    def erase(self, client_tags: Sequence[str]) -> list[str]:
        """Erase messages; see `ErasureStore.erase`."""
        self.to_erase.update(client_tags)
        return [self.erase_if_final(tag) for tag in client_tags]

    def erase_if_final(self, client_tag: str) -> str:
        """Erase a message if that was requested, and it is in a final state."""
        message = self.messages.get(client_tag)
        if message is None:
            return "not_found"
        if client_tag not in self.to_erase or not message.state.is_final:
            return "open"
        history = tuple(replace(event, reason=ERASED) for event in message.history)
        self.messages[client_tag] = replace(message, to="", metadata={}, reason=ERASED, history=history, erased=True)
        self.outbox.pop(client_tag, None)
        return ERASED
