"""The settings of the console: those of the gateway and of the rate limit, and its own."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, SecretStr, model_validator

from zettai.core.errors import SettingsError
from zettai.core.hash_key import SHORTEST_KEY
from zettai.core.settings import Duration
from zettai.core.settings_files import ValueFile, with_files
from zettai.gateway.settings import GatewaySettings, check_networks
from zettai_console.security.roles import RoleTable
from zettai_worker.settings import LimiterSettings

HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")


def _check_secret(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < SHORTEST_KEY:
        raise ValueError(f"must have at least {SHORTEST_KEY} characters; make one with openssl rand -base64 32")
    return secret


def _check_header(name: str) -> str:
    if not HEADER_NAME.fullmatch(name):
        raise ValueError("must be the name of a header, such as X-Forwarded-User")
    return name


def _check_users(text: str) -> str:
    RoleTable.parse(text)
    return text


class ConsoleSettings(GatewaySettings, LimiterSettings):
    """The settings of the console."""

    console: bool = False
    """Whether `zettai gateway` serves the console, at the path `/console`. `zettai console` always does."""
    console_secret: Annotated[SecretStr, AfterValidator(_check_secret)] | None = None
    """The secret that signs the session cookies: at least 32 characters, the same one in each process that serves the
    console. A new one logs all users out.
    """
    console_secret_file: ValueFile | None = None
    """A file that holds the secret, in place of `ZETTAI_CONSOLE_SECRET`."""
    console_session: Duration = timedelta(hours=8)
    """How long a login lasts."""
    console_https: bool = True
    """Whether browsers send the cookies over HTTPS only. Set it to `no` only on a development machine."""
    console_users: Annotated[str, AfterValidator(_check_users)] | None = None
    """Users that a proxy has logged in, and their roles (`read`, `send` or `admin`), as `USER=ROLE` with spaces
    between them, such as `aoki@example.com=admin *=read`. `*` stands for all other users.
    """
    console_user_header: Annotated[str, AfterValidator(_check_header)] = "X-Forwarded-User"
    """The header in which the proxy names the user. The proxy must remove it from the requests of browsers."""
    console_proxies: Annotated[str, AfterValidator(check_networks)] | None = None
    """The addresses or networks of the proxies whose header is believed. Without them, only API keys log in."""

    @model_validator(mode="before")
    @classmethod
    def _read_console_secret(cls, values: dict[str, Any]) -> dict[str, Any]:
        return with_files(values, "console_secret")

    def required_console_secret(self) -> SecretStr:
        """Return the secret of the session cookies.

        Raises:
            SettingsError: it is missing.
        """
        if self.console_secret is None:
            raise SettingsError("ZETTAI_CONSOLE_SECRET: must be set (or ZETTAI_CONSOLE_SECRET_FILE)")
        return self.console_secret

    def check_logins(self) -> None:
        """Check that users can log in.

        Raises:
            SettingsError: there are neither API keys nor users of a trusted proxy.
        """
        if bool(self.console_users) is not bool(self.console_proxies):
            raise SettingsError("ZETTAI_CONSOLE_USERS and ZETTAI_CONSOLE_PROXIES: give both, or neither")
        if self.console_users is None and self.api_keys() is None:
            raise SettingsError(
                "the console has no users: give ZETTAI_GATEWAY_KEYS_FILE, or ZETTAI_CONSOLE_USERS and "
                "ZETTAI_CONSOLE_PROXIES"
            )
