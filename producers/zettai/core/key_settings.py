"""The settings that hold secret keys, each given by itself or in a file, and what is made from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode

from zettai.core.hash_key import SHORTEST_KEY, HashKey
from zettai.core.sealing import Sealer, check_key
from zettai.core.settings_files import ValueFile, with_files


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKeys:
    """The secret keys of one installation, as far as this process has them.

    Attributes:
        suppressions: makes the hashes of the suppression list.
        index: make the hashes by which messages are found by number. The first one is used for new messages.
        sealer: seals the numbers, texts and metadata of records. Without it, new ones are plain.
    """

    suppressions: HashKey | None = None
    index: tuple[HashKey, ...] = ()
    sealer: Sealer | None = None

    @property
    def of_counters(self) -> HashKey | None:
        """The key of the hashes of numbers and texts that are counted; None: a random one that Redis keeps."""
        return self.suppressions or next(iter(self.of_digests), None)

    @property
    def of_digests(self) -> tuple[HashKey, ...]:
        """The keys of content digests. The first one is used for new messages, the others compare older ones."""
        sealer = () if self.sealer is None else map(HashKey, self.sealer.digest_keys)
        return (*sealer, *self.index, *([] if self.suppressions is None else [self.suppressions]))


def _long_enough(key: SecretStr) -> SecretStr:
    if len(key.get_secret_value()) < SHORTEST_KEY:
        raise ValueError(f"must have at least {SHORTEST_KEY} characters; make one with openssl rand -base64 32")
    return key


def _split(value: object) -> object:
    """Split a text of several keys."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def _each_long_enough(keys: Iterable[SecretStr]) -> tuple[SecretStr, ...]:
    return tuple(_long_enough(key) for key in keys)


def _each_32_bytes(keys: Iterable[SecretStr]) -> tuple[SecretStr, ...]:
    return tuple(SecretStr(check_key(key.get_secret_value())) for key in keys)


class KeySettings(BaseSettings):
    """The secret keys. Each can be in a file, which is named by the setting of the same name with `_file`."""

    suppression_key: Annotated[SecretStr, AfterValidator(_long_enough)] | None = None
    """The secret key of the suppression list: at least 32 characters. Each producer needs it, and the same one. Without
    it there is no suppression list. Workers do not need it.
    """
    suppression_key_file: ValueFile | None = None
    """A file that holds the key, in place of `ZETTAI_SUPPRESSION_KEY`."""
    index_key: Annotated[
        tuple[SecretStr, ...], NoDecode, BeforeValidator(_split), AfterValidator(_each_long_enough)
    ] = ()
    """The secret key of the index of messages by number: at least 32 characters. Several keys, separated by blanks or
    commas, rotate it: the first one is used for new messages, the others find older ones. Without it there is no index.
    Workers do not need it.
    """
    index_key_file: ValueFile | None = None
    """A file that holds the keys, in place of `ZETTAI_INDEX_KEY`."""

    encryption_keys: Annotated[
        tuple[SecretStr, ...], NoDecode, BeforeValidator(_split), AfterValidator(_each_32_bytes)
    ] = ()
    """The keys that seal numbers, texts and metadata in Redis: 32 bytes each, in base64. Several keys, separated by
    blanks or commas, rotate them: the first one seals, all of them open. Producers and workers need the same ones.
    """
    encryption_keys_file: ValueFile | None = None
    """A file that holds the keys, in place of `ZETTAI_ENCRYPTION_KEYS`."""

    @model_validator(mode="before")
    @classmethod
    def _read_key_files(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Read each key from its file. An empty variable or file means that there is no key."""
        names = ("suppression_key", "index_key", "encryption_keys")
        given = with_files(values, *names)
        return {name: value for name, value in given.items() if name not in names or value != ""}

    def secret_keys(self) -> SecretKeys:
        """Return the keys, ready to use.

        Raises:
            SettingsError: there are encryption keys, and the package `cryptography` is not installed.
        """
        encryption_keys = [key.get_secret_value() for key in self.encryption_keys]
        return SecretKeys(
            suppressions=None if self.suppression_key is None else HashKey(self.suppression_key.get_secret_value()),
            index=tuple(HashKey(key.get_secret_value()) for key in self.index_key),
            sealer=Sealer(encryption_keys) if encryption_keys else None,
        )
