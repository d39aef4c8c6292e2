"""The endpoints that get events, from a TOML file with a table for each. No error quotes it: it has secrets."""

import ssl
import tomllib
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from zettai.core.events import WEBHOOK_READERS, EventType, MessageEvent
from zettai.core.library_words import in_our_words

SECRET_PREFIX = "whsec_"  # noqa: S105 - the beginning of each secret, by the convention

SHORTEST_SECRET, LONGEST_SECRET = 24, 64
"""Bytes of a secret, by the Standard Webhooks convention."""


class Personal(StrEnum):
    """What an endpoint gets only if its table asks for it."""

    NUMBER = "number"
    TEXT = "text"
    METADATA = "metadata"


def _valid_secret(secret: SecretStr) -> SecretStr:
    advice = 'make one with: echo "whsec_$(openssl rand -base64 32)"'
    try:
        size = len(_bytes_of(secret))
    except ValueError:
        raise ValueError(f"must be {SECRET_PREFIX} and base64; {advice}") from None
    if not SHORTEST_SECRET <= size <= LONGEST_SECRET:
        raise ValueError(f"must have {SHORTEST_SECRET} to {LONGEST_SECRET} random bytes; {advice}")
    return secret


def _bytes_of(secret: SecretStr) -> bytes:
    value = secret.get_secret_value()
    if not value.startswith(SECRET_PREFIX):
        raise ValueError
    return b64decode(value.removeprefix(SECRET_PREFIX), validate=True)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _valid_url(secret_url: SecretStr) -> SecretStr:
    url = urlsplit(secret_url.get_secret_value())
    if url.scheme not in {"https", "http"} or not url.hostname or not url.netloc.isascii():
        raise ValueError("must be a URL such as https://shop.example.com/sms-events")
    if url.username is not None or url.fragment or not secret_url.get_secret_value().isascii():
        raise ValueError("must have no user, no fragment, and only ASCII characters")
    try:
        url.hostname.encode("idna")
    except UnicodeError:
        raise ValueError("must have a host name whose parts have 1 to 63 characters") from None
    try:
        _ = url.port
    except ValueError:
        raise ValueError("must have a port from 1 to 65535, or none") from None
    return secret_url


def _valid_certificates(path: Path) -> Path:
    try:
        ssl.create_default_context(cafile=str(path))
    except OSError:
        raise ValueError("cannot be read, or has no certificates") from None
    return path


NotEmpty = Field(min_length=1)
"""A list that is given but empty could mean nothing or everything, and everything would go to a wrong receiver."""


class Endpoint(BaseModel):
    """Where events go, and which ones.

    Attributes:
        name: in logs, metrics and commands.
        url: the receiver. It may contain a secret, so it is hidden.
        secrets: what signs the requests. While a secret is replaced, there are two.
        events: the types of events; all of them without it.
        groups: only events of these groups. `*` stands for any characters.
        created_by: only events of messages that these API keys or applications made.
        include: what requests have in addition.
        allow_private: whether the receiver may be inside the own network. Only then may its URL be `http://`.
        ca_file: certificates to trust in place of the usual ones.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    url: Annotated[SecretStr, AfterValidator(_valid_url)]
    secrets: Annotated[
        tuple[Annotated[SecretStr, AfterValidator(_valid_secret)], ...],
        BeforeValidator(_as_list),
        Field(alias="secret", min_length=1, max_length=5),
    ]
    events: Annotated[frozenset[EventType], NotEmpty] = frozenset(EventType)
    groups: Annotated[tuple[str, ...], NotEmpty] = ()
    created_by: Annotated[frozenset[str], BeforeValidator(_as_list), NotEmpty] = frozenset()
    include: frozenset[Personal] = frozenset()
    allow_private: bool = False
    ca_file: Annotated[Path, AfterValidator(_valid_certificates)] | None = None

    @model_validator(mode="after")
    def _encrypted_outside(self) -> Self:
        if self.parts.scheme == "http" and not self.allow_private:
            raise ValueError("url: must be https:// (http:// needs allow_private = true)")
        return self

    @property
    def parts(self) -> SplitResult:
        """The parts of the URL."""
        return urlsplit(self.url.get_secret_value())

    @property
    def reader_group(self) -> str:
        """The name of the endpoint's group of readers in Redis."""
        return reader_group(self.name)

    def wants(self, event: MessageEvent) -> bool:
        """Return whether the endpoint gets an event."""
        if event.type not in self.events or (self.created_by and event.created_by not in self.created_by):
            return False
        return not self.groups or any(fnmatchcase(event.group or "", pattern) for pattern in self.groups)


def reader_group(name: str) -> str:
    """Return the name of the group of readers of an endpoint."""
    return f"{WEBHOOK_READERS}{name}"


def read_endpoints(path: Path) -> Sequence[Endpoint]:
    """Read the file. An empty one has no endpoints.

    Raises:
        ValueError: it cannot be read, or a table is wrong. The error quotes no value.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"{path} cannot be read") from None
    except tomllib.TOMLDecodeError:
        raise ValueError(f"{path} is not valid TOML") from None  # its text may quote a secret
    return [_endpoint(path, name, table) for name, table in tables.items()]


def _endpoint(path: Path, name: str, table: object) -> Endpoint:
    if not isinstance(table, Mapping):
        raise ValueError(f"{path}: {name}: must be a table; write [{name}] on a line before its values")  # noqa: TRY004
    try:
        return TypeAdapter(Endpoint).validate_python({**table, "name": name})
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in (name, *problem["loc"]))
        raise ValueError(f"{path}: {place}: {in_our_words(problem['msg'])}") from None


def weak_secrets(endpoints: Iterable[Endpoint]) -> list[str]:
    """Return the names of endpoints with a secret that is not random: fewer than half of its bytes differ."""
    return [
        one.name for one in endpoints if any(len(set(found)) < len(found) / 2 for found in map(_bytes_of, one.secrets))
    ]
