"""The settings of the gateway: those of producers, and what concerns HTTP. The provider's token is not among them."""

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr, model_validator

from zettai.core.delivery_reports.sources import parse_networks
from zettai.core.errors import SettingsError
from zettai.core.settings import ProcessSettings
from zettai.gateway.keys import KeyRing, read_keys

REPORT_PATH = re.compile(r"/?[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*")
"""What needs no escaping in a URL."""


def _a_secret_path(path: SecretStr) -> SecretStr:
    value = path.get_secret_value()
    if not REPORT_PATH.fullmatch(value):
        raise ValueError("must be segments of letters, digits and ._~- with / between them")
    if len(value) < 16:  # noqa: PLR2004 - nobody guesses that many
        raise ValueError("must have at least 16 characters, since it is all that keeps others out")
    return SecretStr(f"/{value.removeprefix('/')}")


def _networks(text: str) -> str:
    try:
        parse_networks(text)
    except ValueError:
        raise ValueError("must be addresses or networks, as 192.0.2.7,198.51.100.0/24") from None
    return text


class GatewaySettings(ProcessSettings):
    """What the gateway and the receiver of delivery reports need."""

    report_path: Annotated[SecretStr, AfterValidator(_a_secret_path)] | None = None
    """The secret path under which delivery reports are received: at least 16 letters, digits and `._~-`, in segments
    with `/` between them. Reports carry no signature.
    """
    report_host: str = "127.0.0.1"
    """The address that `zettai receive-reports` listens on; `0.0.0.0` or `::` for all."""
    report_port: Annotated[int, Field(ge=1, le=65535)] = 8420
    """The port that `zettai receive-reports` listens on."""
    report_allow: Annotated[str, AfterValidator(_networks)] | None = None
    """The addresses or networks that may send delivery reports, with commas between them, as
    `192.0.2.7,198.51.100.0/24`. Without it, all may.
    """
    report_proxies: Annotated[str, AfterValidator(_networks)] | None = None
    """The addresses or networks of proxies whose `X-Forwarded-For` is trusted. Without it, none is."""
    gateway_host: str = "127.0.0.1"
    """The address that the gateway listens on; `0.0.0.0` or `::` for all."""
    gateway_port: Annotated[int, Field(ge=1, le=65535)] = 8430
    """The port that the gateway listens on."""
    gateway_keys: str | None = Field(default=None, repr=False)
    """The API keys, `NAME:SCOPES:HASH` each, with spaces or line breaks between them. They win over the file. The
    gateway needs at least one key.
    """
    gateway_keys_file: Path | None = None
    """A file that holds the API keys, in place of `ZETTAI_GATEWAY_KEYS`."""
    gateway_rate: Annotated[int, Field(ge=1, le=10_000)] = 100
    """The requests that one API key may make in any second, at all gateways together."""

    @model_validator(mode="before")
    @classmethod
    def _read_keys_file(cls, values: dict[str, Any]) -> dict[str, Any]:
        path = values.get("gateway_keys_file")
        if path is None or values.get("gateway_keys"):
            return values
        try:
            return {**values, "gateway_keys": Path(path).read_text(encoding="utf-8")}
        except (OSError, UnicodeDecodeError):
            raise ValueError(f"ZETTAI_GATEWAY_KEYS_FILE: {path} cannot be read") from None

    def required_gateway_keys(self) -> KeyRing:
        """The API keys, where requests are taken.

        Raises:
            SettingsError: there are none, or a line is none.
        """
        if not (self.gateway_keys or "").strip():
            raise SettingsError(
                "ZETTAI_GATEWAY_KEYS_FILE: Field required (or ZETTAI_GATEWAY_KEYS); zettai gateway-key makes a key"
            )
        try:
            return read_keys(self.gateway_keys or "")
        except ValueError as error:
            name = "ZETTAI_GATEWAY_KEYS_FILE" if self.gateway_keys_file else "ZETTAI_GATEWAY_KEYS"
            raise SettingsError(f"{name}: {error}") from None

    def required_report_path(self) -> SecretStr:
        """The path of delivery reports, where they are received.

        Raises:
            SettingsError: there is none.
        """
        if self.report_path is None:
            raise SettingsError("ZETTAI_REPORT_PATH: Field required")
        return self.report_path
