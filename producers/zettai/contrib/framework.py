"""What the integrations share: their settings, one client per process, and the delivery report endpoint."""

import os
import re
from collections.abc import Callable, Mapping
from hmac import compare_digest
from http import HTTPStatus
from pkgutil import resolve_name
from typing import Annotated, Any, Generic, Protocol, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, SecretStr, model_validator

from zettai.client import SmsClient
from zettai.core.delivery_reports import DeliveryReportHandler, UnreadableReport
from zettai.core.errors import LedgerUnavailable, SettingsError
from zettai.core.loggers import get_logger
from zettai.core.settings import Settings

logger = get_logger("zettai.reports")

SECRET = re.compile(r"[A-Za-z0-9._~-]{16,}")
"""Too long to guess, and without characters that need escaping in a URL."""


def _check_secret(secret: SecretStr) -> SecretStr:
    if not SECRET.fullmatch(secret.get_secret_value()):
        raise ValueError("must be at least 16 letters, digits and ._~-, because the URL is the only secret")
    return secret


def _import_by_name(value: object) -> object:
    if isinstance(value, str):
        try:
            value = resolve_name(value)
        except (ImportError, AttributeError, ValueError) as error:
            raise ValueError(f"{value} cannot be imported ({error})") from None
    return value


class FrameworkSettings(Settings):
    """The settings of an integration."""

    backend: Annotated[Callable[[Settings], SmsClient], BeforeValidator(_import_by_name)] = SmsClient
    """The class that builds the client, or its dotted path: for example `zettai.console.ConsoleSmsClient`, which
    prints messages, or `zettai.testing.FakeSmsClient`.
    """

    report_secret: Annotated[SecretStr, AfterValidator(_check_secret)] | None = None
    """The last segment of the URL under which the application receives delivery reports: at least 16 letters, digits
    and `._~-`. Reports have no signature.
    """

    @model_validator(mode="after")
    def _require_client_id_for_reports(self) -> Self:
        if self.report_secret is not None and self.client_id is None:
            raise ValueError(
                "ZETTAI_CLIENT_ID: must be set with ZETTAI_REPORT_SECRET, to ignore reports of other accounts"
            )
        return self

    @classmethod
    def of(cls, configured: Mapping[str, Any]) -> Self:
        """Read the configuration of a framework, and the environment for what it leaves out.

        Args:
            configured: settings by their names without `ZETTAI_`, for example `REDIS_URL`.

        Raises:
            SettingsError: a setting is invalid or unknown. The message is one line and names each of them.
        """
        known = [name.upper() for name in cls.model_fields]
        if unknown := ", ".join(f"ZETTAI_{name}" for name in configured if name not in known):
            raise SettingsError(f"{unknown}: no such setting of a web app; there are {', '.join(known)}")
        return cls.load(**{name.lower(): value for name, value in configured.items()})

    def build_client(self) -> SmsClient:
        """Return a new client."""
        return self.backend(self)


class Closable(Protocol):
    """An object with connections."""

    def close(self) -> None:
        """Close the connections."""


Value = TypeVar("Value", bound=Closable)


class PerProcess(Generic[Value]):
    """An object that is built at its first use. Threads share it, and a forked process builds its own."""

    def __init__(self, build: Callable[[], Value]) -> None:
        self._build = build
        self._values: dict[int, Value] = {}  # a fork keeps the parent's object unused: the parent uses its connections

    def get(self) -> Value:
        """Return the object of this process."""
        process = os.getpid()
        value = self._values.get(process)
        # Two threads may both build one. Both get the same; the other is dropped before it connects.
        return value if value is not None else self._values.setdefault(process, self._build())

    def close(self) -> None:
        """Close the object of this process, if there is one. The next use builds another."""
        value = self._values.pop(os.getpid(), None)
        if value is not None:
            value.close()


class DeliveryReportEndpoint:
    """The delivery report endpoint without HTTP: checks the secret, and returns the status of the response.

    The statuses are those of `zettai receive-reports`; see docs/operations.md.
    """

    def __init__(self, settings: FrameworkSettings) -> None:
        """Create the endpoint. It connects to Redis with the first request.

        Raises:
            SettingsError: the secret is missing.
        """
        if settings.report_secret is None:
            raise SettingsError("ZETTAI_REPORT_SECRET: must be set")
        self._secret = settings.report_secret.get_secret_value().encode()
        self._handler = DeliveryReportHandler(settings)

    def matches(self, secret: str) -> bool:
        """Return whether this is the secret. The time does not depend on the argument."""
        return compare_digest(secret.encode(errors="replace"), self._secret)

    def handle(self, body: bytes) -> HTTPStatus:
        """Record the reports of a request, and return the status of the response."""
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
