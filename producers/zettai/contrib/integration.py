"""What the integrations of web frameworks share: settings, one client a process, and what reports are answered."""

import os
import re
from collections.abc import Callable, Mapping
from hmac import compare_digest
from http import HTTPStatus
from pkgutil import resolve_name
from typing import Annotated, Any, Generic, Protocol, Self, TypeVar

import structlog
from pydantic import AfterValidator, BeforeValidator, SecretStr, model_validator

from zettai.client import SmsClient
from zettai.core.delivery_reports import DeliveryReportHandler, UnreadableReport
from zettai.core.errors import LedgerUnavailable, SettingsError
from zettai.core.settings import Settings

logger = structlog.get_logger("zettai.reports")

SECRET = re.compile(r"[A-Za-z0-9._~-]{16,}")
"""What nobody guesses, and needs no escaping in a URL."""


def _a_secret_segment(secret: SecretStr) -> SecretStr:
    if not SECRET.fullmatch(secret.get_secret_value()):
        raise ValueError("must be at least 16 letters, digits and ._~-, since it is all that keeps others out")
    return secret


def _something_to_call(named: object) -> object:
    if isinstance(named, str):
        try:
            named = resolve_name(named)
        except (ImportError, AttributeError, ValueError) as error:
            raise ValueError(f"{named} cannot be imported ({error})") from None
    return named


class FrameworkSettings(Settings):
    """What an integration needs: which client, and how delivery reports come in."""

    backend: Annotated[Callable[[Settings], SmsClient], BeforeValidator(_something_to_call)] = SmsClient
    """The class that builds the client, or its dotted path: for example `zettai.console.ConsoleSmsClient`, which
    prints messages, or `zettai.testing.FakeSmsClient`.
    """

    report_secret: Annotated[SecretStr, AfterValidator(_a_secret_segment)] | None = None
    """The last segment of the URL under which the application receives delivery reports: at least 16 letters, digits
    and `._~-`. Reports carry no signature.
    """

    @model_validator(mode="after")
    def _reports_are_those_of_an_account(self) -> Self:
        if self.report_secret is not None and self.client_id is None:
            raise ValueError(
                "ZETTAI_CLIENT_ID: Field required with ZETTAI_REPORT_SECRET, to tell our reports from others'"
            )
        return self

    @classmethod
    def of(cls, configured: Mapping[str, Any]) -> Self:
        """Read a framework's configuration, and the environment for what it leaves out.

        Args:
            configured: settings by their names without `ZETTAI_`, as `REDIS_URL`.

        Raises:
            SettingsError: one line that names each wrong setting; one that does not exist is wrong.
        """
        known = [name.upper() for name in cls.model_fields]
        if unknown := ", ".join(f"ZETTAI_{name}" for name in configured if name not in known):
            raise SettingsError(f"{unknown}: no such setting of a web app; there are {', '.join(known)}")
        return cls.load(**{name.lower(): value for name, value in configured.items()})

    def build_client(self) -> SmsClient:
        """The client as the settings have it."""
        return self.backend(self)


class Closable(Protocol):
    """What holds connections."""

    def close(self) -> None:
        """Close them."""


Held = TypeVar("Held", bound=Closable)


class OnePerProcess(Generic[Held]):
    """Something that is built at its first use; threads share it, and a forked process builds its own."""

    def __init__(self, build: Callable[[], Held]) -> None:
        self._build = build
        self._of_process: dict[int, Held] = {}  # what a parent built stays, unused: its connections are the parent's

    def get(self) -> Held:
        """The one of this process."""
        process = os.getpid()
        held = self._of_process.get(process)
        # Of two threads that come first both get what one has built; the other's has connected to nothing yet.
        return held if held is not None else self._of_process.setdefault(process, self._build())

    def close(self) -> None:
        """Close the one of this process, if there is one; the next use builds another."""
        held = self._of_process.pop(os.getpid(), None)
        if held is not None:
            held.close()


class DeliveryReportEndpoint:
    """Where delivery reports come in: who may bring them, and what is answered. Reading the request is the view's part.

    The answers are those of `zettai receive-reports`, see docs/operations.md.
    """

    def __init__(self, settings: FrameworkSettings) -> None:
        """Build one; nothing is connected before the first report.

        Raises:
            SettingsError: there is no secret.
        """
        if settings.report_secret is None:
            raise SettingsError("ZETTAI_REPORT_SECRET: Field required")
        self._secret = settings.report_secret.get_secret_value().encode()
        self._handler = DeliveryReportHandler(settings)

    def opens_to(self, secret: str) -> bool:
        """Whether this is the secret, by a comparison that does not tell how much of it is right."""
        return compare_digest(secret.encode(errors="replace"), self._secret)

    def take(self, body: bytes) -> HTTPStatus:
        """Record the reports of a request; answers what the provider is told."""
        try:
            self._handler.handle(body)
        except UnreadableReport:
            return HTTPStatus.BAD_REQUEST
        except LedgerUnavailable as error:
            logger.warning("reports_not_recorded", error=type(error).__name__)
            return HTTPStatus.SERVICE_UNAVAILABLE
        return HTTPStatus.OK

    def close(self) -> None:
        """Close all connections."""
        self._handler.close()
