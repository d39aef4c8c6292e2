"""The settings of the gateway: those of the library, and those of HTTP. The provider's token is not among them."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from zettai.core.delivery_reports.sources import parse_networks
from zettai.core.errors import SettingsError
from zettai.core.settings import ProcessSettings
from zettai.gateway.api_key_file import ApiKeyFile
from zettai.gateway.api_keys import ApiKeys, parse_keys

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


def check_networks(text: str) -> str:
    """Return a list of addresses and networks.

    Raises:
        ValueError: an entry is neither.
    """
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
    report_allow: Annotated[str, AfterValidator(check_networks)] | None = None
    """The addresses or networks that may send delivery reports, separated by commas, for example
    `192.0.2.7,198.51.100.0/24`. By default, all may.
    """
    report_proxies: Annotated[str, AfterValidator(check_networks)] | None = None
    """The addresses or networks of proxies whose `X-Forwarded-For` is trusted, for delivery reports and for the API. By
    default, none is.
    """
    gateway_host: str = "127.0.0.1"
    """The address that the gateway and `zettai receive-reports` listen on. `0.0.0.0` or `::` for all addresses."""
    gateway_port: Annotated[int, Field(ge=1, le=65535)] = 8430
    """The port that the gateway and `zettai receive-reports` listen on."""
    gateway_health_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """A port of its own for `/healthz` and `/readyz`, which connections to the other port cannot use up. By default,
    there is none. Both paths are on the other port too.
    """
    gateway_keys: str | None = Field(default=None, repr=False)
    """The API keys, each as `NAME:SCOPES:HASH` or `NAME:SCOPES:HASH:OPTIONS`, separated by spaces or line breaks. They
    take precedence over the file. Without API keys, the gateway serves the delivery report endpoint only.
    """
    gateway_keys_file: Path | None = None
    """A file with the API keys, instead of `ZETTAI_GATEWAY_KEYS`. A change of the file applies without a restart."""
    gateway_rate: Annotated[int, Field(ge=1, le=10_000)] = 100
    """The requests that an API key may make in any second, at all gateways together."""

    def api_keys(self) -> ApiKeys | None:
        """Return the API keys, or None if there is neither the setting nor the file.

        Raises:
            SettingsError: an entry is invalid, there are no keys, or the file cannot be read.
        """
        if self.gateway_keys and self.gateway_keys.strip():
            return self._keys_of_setting(self.gateway_keys)
        if self.gateway_keys_file is None:
            return None
        try:
            return ApiKeyFile(self.gateway_keys_file)
        except ValueError as error:
            raise SettingsError(f"ZETTAI_GATEWAY_KEYS_FILE: {error}") from None

    @property
    def has_api_keys(self) -> bool:
        """Whether the gateway serves the API."""
        return bool(self.gateway_keys and self.gateway_keys.strip()) or self.gateway_keys_file is not None

    @staticmethod
    def _keys_of_setting(text: str) -> ApiKeys:
        try:
            keys = parse_keys(text)
        except ValueError as error:
            raise SettingsError(f"ZETTAI_GATEWAY_KEYS: {error}") from None
        if not len(keys):
            raise SettingsError("ZETTAI_GATEWAY_KEYS: has no keys")
        return keys

    def required_report_path(self) -> SecretStr:
        """Return the path of the delivery report endpoint.

        Raises:
            SettingsError: it is missing.
        """
        if self.report_path is None:
            raise SettingsError("ZETTAI_REPORT_PATH: must be set")
        return self.report_path
