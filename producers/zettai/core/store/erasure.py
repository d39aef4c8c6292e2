"""Erasing what records say about a person. `erasure.lua` says what is erased, and what stays."""

from collections.abc import Iterator, Sequence
from typing import cast

from zettai.core.errors import EncryptionKeyMissing
from zettai.core.sealing import BrokenSeal, SealedField
from zettai.core.store.personal_data import can_open, open_sealed
from zettai.core.store.scripts import BATCH
from zettai.core.store.store import MessageStore


class ErasureStore(MessageStore):
    """Finds all records of a number, and erases them."""

    def tags_of_number(self, number: str, *, by_index: bool) -> Iterator[str]:
        """Yield the tags of the messages to a number in its normal form, by the index or by reading every record.

        Raises:
            SettingsError: the index is to be used, and there is no `ZETTAI_INDEX_KEY`.
            EncryptionKeyMissing: see `scan_number`.
        """
        return self.numbers.tags(number) if by_index else self.scan_number(number)

    def scan_number(self, number: str) -> Iterator[str]:
        """Yield the tags of all records with a number in its normal form, by reading every record.

        It finds messages that are not in the index by number, and damaged records. A record that is made meanwhile may
        be missed.

        Raises:
            EncryptionKeyMissing: a record is sealed with a key that this process does not have.
        """
        prefix = self.keys.message("")
        cursor = -1
        while cursor != 0:
            cursor, found = cast(
                "tuple[int, list[str]]", self.redis.scan(max(cursor, 0), match=f"{prefix}*", count=BATCH)
            )
            with self.redis.pipeline(transaction=False) as pipe:
                for key in found:
                    pipe.hmget(key, ["to", "sealed_by"])
                values = cast("list[tuple[str | None, str | None]]", pipe.execute())
            tags = (key.removeprefix(prefix) for key in found)
            yield from (
                tag for tag, (to, key_id) in zip(tags, values, strict=True) if self._is_to(number, tag, to, key_id)
            )

    def _is_to(self, number: str, client_tag: str, to: str | None, key_id: str | None) -> bool:
        """Return whether the record of a message has a number. A changed value counts as another number."""
        if not to or key_id is None:
            return to == number
        if not can_open(key_id, self.secrets.sealer):
            raise EncryptionKeyMissing(client_tag)
        try:
            return open_sealed(to, key_id, client_tag, SealedField.TO, self.secrets.sealer) == number
        except BrokenSeal:
            return False

    def erase(self, client_tags: Sequence[str]) -> list[str]:
        """Erase the number, the text and the metadata of messages, and what is made from them.

        Returns:
            For each message "erased", "open" (it is erased in the step in which it reaches a final state), "not_found",
            or "quarantined" (the record is damaged and was not changed).
        """
        outcomes: list[str] = []
        for start in range(0, len(client_tags), BATCH):
            tags = client_tags[start : start + BATCH]
            answers = self._run_for_each("erase", tags, self._keys(tags))
            outcomes += ["quarantined" if answer is None else answer for answer in answers]
        return outcomes
