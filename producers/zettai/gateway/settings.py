"""The settings of the gateway: those of the library, and those of HTTP. The provider's token is not among them."""

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr, model_validator

from zettai.core.delivery_reports.sources import parse_networks
from zettai.core.errors import SettingsError
from zettai.core.settings import ProcessSettings
from zettai.gateway.api_keys import ApiKeyStore, parse_keys

REPORT_PATH = re.compile(r"/?[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*")
"""Paths that need no escaping in a URL."""

MIN_REPORT_PATH_LENGTH = 16
"""Characters. A shorter path could be guessed."""


def _check_report_path(path: SecretStr) -> SecretStr:
    value = path.get_secret_value()
    if not REPORT_PATH.fullmatch(value):
        raise ValueError("must be segments of letters, digits and ._~- with / between them")
    if len(value) < MIN_REPORT_PATH_LENGTH:
        raise ValueError(f"must have at least {MIN_REPORT_PATH_LENGTH} characters, because the path is the only secret")
    return SecretStr(f"/{value.removeprefix('/')}")


def _check_networks(text: str) -> str:
    try:
        parse_networks(text)
    except ValueError:
        raise ValueError("must be addresses or networks, for example 192.0.2.7,198.51.100.0/24") from None
    return text


class GatewaySettings(ProcessSettings):
    """The settings of the gateway and of the delivery report endpoint."""

    report_path: Annotated[SecretStr, AfterValidator(_check_report_path)] | None = None
    """The secret path of the delivery report endpoint: at least 16 letters, digits and `._~-`, in segments with `/`
    between them. Reports have no signature.
    """
    report_allow: Annotated[str, AfterValidator(_check_networks)] | None = None
    """The addresses or networks that may send delivery reports, separated by commas, for example
    `192.0.2.7,198.51.100.0/24`. By default, all may.
    """
    report_proxies: Annotated[str, AfterValidator(_check_networks)] | None = None
    """The addresses or networks of proxies whose `X-Forwarded-For` is trusted. By default, none is."""
    gateway_host: str = "127.0.0.1"
    """The address that the gateway and `zettai receive-reports` listen on. `0.0.0.0` or `::` for all addresses."""
    gateway_port: Annotated[int, Field(ge=1, le=65535)] = 8430
    """The port that the gateway and `zettai receive-reports` listen on."""
    gateway_keys: str | None = Field(default=None, repr=False)
    """The API keys, each as `NAME:SCOPES:HASH`, separated by spaces or line breaks. They take precedence over the file.
    Without API keys, the gateway serves the delivery report endpoint only.
    """
    gateway_keys_file: Path | None = None
    """A file with the API keys, instead of `ZETTAI_GATEWAY_KEYS`."""
    gateway_rate: Annotated[int, Field(ge=1, le=10_000)] = 100
    """The requests that an API key may make in any second, at all gateways together."""

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

    def api_keys(self) -> ApiKeyStore | None:
        """Return the API keys, or None if there is neither the setting nor the file.

        Raises:
            SettingsError: an entry is invalid, or the file is empty.
        """
        if self.gateway_keys is None or (not self.gateway_keys.strip() and self.gateway_keys_file is None):
            return None
        try:
            return parse_keys(self.gateway_keys)
        except ValueError as error:
            name = "ZETTAI_GATEWAY_KEYS_FILE" if self.gateway_keys_file else "ZETTAI_GATEWAY_KEYS"
            raise SettingsError(f"{name}: {error}") from None

    def required_report_path(self) -> SecretStr:
        """Return the path of the delivery report endpoint.

        Raises:
            SettingsError: it is missing.
        """
        if self.report_path is None:
            raise SettingsError("ZETTAI_REPORT_PATH: Field required")
        return self.report_path
