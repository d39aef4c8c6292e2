"""The settings of the gateway: those of producers, and what concerns HTTP. The provider's token is not among them."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from producers.errors import SettingsError
from producers.reports.sources import networks
from producers.settings import ProcessSettings

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
        networks(text)
    except ValueError:
        raise ValueError("must be addresses or networks, as 192.0.2.7,198.51.100.0/24") from None
    return text


class GatewaySettings(ProcessSettings):
    """What the gateway and the receiver of delivery reports need."""

    report_path: Annotated[SecretStr, AfterValidator(_a_secret_path)] | None = None
    """The secret path under which delivery reports are taken; reports carry no signature."""
    report_host: str = "127.0.0.1"
    """The address that the receiver of reports listens at."""
    report_port: Annotated[int, Field(ge=1, le=65535)] = 8420
    report_allow: Annotated[str, AfterValidator(_networks)] | None = None
    """From where reports are taken: addresses or networks; from anywhere unless given."""
    report_proxies: Annotated[str, AfterValidator(_networks)] | None = None
    """Whose `X-Forwarded-For` is believed: addresses or networks; nobody's unless given."""

    def required_report_path(self) -> SecretStr:
        """The path of delivery reports, where they are received.

        Raises:
            SettingsError: there is none.
        """
        if self.report_path is None:
            raise SettingsError("ZETTAI_REPORT_PATH: Field required")
        return self.report_path
