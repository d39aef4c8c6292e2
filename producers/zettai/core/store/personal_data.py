"""What records hold about a person: the number, the text and the metadata, plain or sealed. All of it passes here."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from zettai.core.new_message import NewMessage
from zettai.core.sealing import SealedField, Sealer


class PersonalData(NamedTuple):
    """The number and the metadata of a record.

    Attributes:
        to: the number; empty if it cannot be read here.
        metadata: the pairs.
        is_sealed: they are sealed with a key that this process does not have.
    """

    to: str
    metadata: dict[str, str]
    is_sealed: bool = False


def fields_of(new: NewMessage, sealer: Sealer | None) -> tuple[dict[str, str], str]:
    """Return the fields of the record of a new message, and its text, as they are written to Redis."""
    metadata = json.dumps(new.metadata, ensure_ascii=False) if new.metadata else None
    if sealer is None:
        return {"to": new.to} | ({} if metadata is None else {"metadata": metadata}), new.body
    tag = new.client_tag
    fields = {"to": sealer.seal(new.to, tag, SealedField.TO), "sealed_by": sealer.key_id}
    if metadata is not None:
        fields["metadata"] = sealer.seal(metadata, tag, SealedField.METADATA)
    return fields, sealer.seal(new.body, tag, SealedField.BODY)


def read_person(client_tag: str, record: Mapping[str, str], sealer: Sealer | None) -> PersonalData:
    """Return what a record says about a person.

    Raises:
        BrokenSeal: a sealed value was changed.
        ValueError: the metadata is not JSON.
    """
    to, metadata, key_id = record["to"], record.get("metadata"), record.get("sealed_by")
    if key_id is not None:
        if not can_open(key_id, sealer):
            return PersonalData("", {}, is_sealed=True)
        to = open_sealed(to, key_id, client_tag, SealedField.TO, sealer)
        if metadata is not None:
            metadata = open_sealed(metadata, key_id, client_tag, SealedField.METADATA, sealer)
    pairs = {} if metadata is None else json.loads(metadata)
    return PersonalData(to, {str(key): str(value) for key, value in pairs.items()})


def read_body(body: str | None, key_id: str | None, client_tag: str, sealer: Sealer | None) -> str | None:
    """Return the text of a message. None if it was deleted, or is sealed with a key that this process does not have.

    Args:
        body: as Redis has it.
        key_id: the field `sealed_by` of its record.
        client_tag: the message.
        sealer: has the keys of this process.

    Raises:
        BrokenSeal: it was changed.
    """
    if body is None or key_id is None:
        return body
    return open_sealed(body, key_id, client_tag, SealedField.BODY, sealer) if can_open(key_id, sealer) else None


def can_open(key_id: str | None, sealer: Sealer | None) -> bool:
    """Return whether a record can be read: it is plain, or its key is known."""
    return key_id is None or (sealer is not None and key_id in sealer.key_ids)


def open_sealed(sealed: str, key_id: str, client_tag: str, field: SealedField, sealer: Sealer | None) -> str:
    """Return a sealed value. Its key must be known."""
    if sealer is None:
        raise KeyError(key_id)
    return sealer.open(sealed, key_id, client_tag, field)
