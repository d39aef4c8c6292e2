"""The settings of a worker: those of producers, and all that only a worker may know."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from limits import parse
from pydantic import AfterValidator, Field, SecretStr, model_validator

from zettai.core.accounts import Account, ClientId
from zettai.core.errors import SettingsError
from zettai.core.senders import SenderCode
from zettai.core.settings import Duration, ProcessSettings, Settings
from zettai.core.settings_files import ValueFile, with_files
from zettai_worker.limiter.spacing import SPREAD

LOOPBACK = ("127.0.0.1", "localhost", "::1")

CONNECT_TIMEOUT = timedelta(seconds=3)
"""The longest time to connect to the provider, and again for the TLS handshake. A lost SYN packet is sent again after
1 second, so that one loss does not fail a call. No other value is useful: a connection that takes longer is broken.
"""

RETRY_CAP_URGENT = timedelta(seconds=10)
"""The longest wait between two attempts in the urgent lane, if `ZETTAI_RETRY_CAP` is not shorter. A one-time password
is of use for minutes only, so it cannot wait longer.
"""


def _https_or_loopback(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError(
            "must be https:// (plain http:// only to this machine), or the token would travel in the clear"
        )
    return url.rstrip("/")


def _valid_limit(expression: str) -> str:
    try:
        parse(expression)
    except ValueError:
        raise ValueError("is not a limit such as 600/second") from None
    return expression


def _valid_token(token: SecretStr) -> SecretStr:
    value = token.get_secret_value()
    if len(value) != 32 or not (value.isascii() and value.isalnum()):  # noqa: PLR2004 - the provider's specification
        raise ValueError("must be 32 letters and digits")
    return token


Token = Annotated[SecretStr, AfterValidator(_valid_token)]


def _token_of(name: str, account: Account) -> SecretStr:
    """Return the token of an account of the file.

    Raises:
        SettingsError: there is none, or it is wrong.
    """
    try:
        if account.token is not None:
            return _valid_token(account.token)
        if account.token_file is not None:
            return _valid_token(SecretStr(account.token_file.read_text(encoding="utf-8").strip()))
        problem = "token: must be set (or token_file)"
    except (OSError, UnicodeDecodeError):
        problem = f"token_file: {account.token_file} cannot be read"
    except ValueError as error:
        problem = f"token: {error}"
    raise SettingsError(f"ZETTAI_ACCOUNTS_FILE: {name}: {problem}")


class LimiterSettings(Settings):
    """What the rate limit needs: no secret, so that an operator can steer it from anywhere."""

    rate_limit: Annotated[str, AfterValidator(_valid_limit)] = "600/second"
    """Calls of the whole account, by all workers on all hosts: one limit in the grammar of `limits`. It is also the
    limit of each further account whose entry in `ZETTAI_ACCOUNTS_FILE` has none.
    """
    rate_spread: Duration = SPREAD
    """By how much the time from a slot to its call's arrival at the provider may differ between calls. Each
    millisecond costs 0.1 % of the limit.
    """

    @model_validator(mode="after")
    def _check_rate_limits(self) -> Self:
        for name, account in self.accounts.items():
            try:
                _valid_limit(account.rate_limit or self.rate_limit)
            except ValueError as error:
                raise ValueError(f"ZETTAI_ACCOUNTS_FILE: {name}: rate_limit {error}") from None
        return self

    def _values_of(self, account: Account) -> dict[str, Any]:
        return super()._values_of(account) | {"rate_limit": account.rate_limit or self.rate_limit}


class WorkerSettings(LimiterSettings, ProcessSettings):
    """What a worker needs. Durations are seconds, or ISO 8601."""

    token: Token | None = None
    """The provider's token: 32 letters and digits. It wins over the file. A worker needs it; beat and Flower do not."""
    token_file: ValueFile | None = None
    """A file that holds the token, in place of `ZETTAI_TOKEN`."""
    client_id: ClientId
    """The account at the provider: digits."""
    sms_code: SenderCode
    """The sender code of messages that name none: 5 or 6 digits."""
    api_url: Annotated[str, AfterValidator(_https_or_loopback)] = "https://sms-api.aossms.com"
    """The URL of the provider. `http://` is allowed only for the simulator on this machine."""
    ca_file: Path | None = None
    """Certificates to trust in place of the usual ones."""
    http_timeout: Duration = timedelta(seconds=10)
    """The longest time of one call to the provider, from the first byte of the request to the last byte of the answer.
    """
    lease: Duration = timedelta(seconds=60)
    """How long a worker's claim on a message lasts. After it, the outcome of the attempt is unknown. At least twice
    `ZETTAI_HTTP_TIMEOUT`.
    """
    retry_after: Duration = timedelta(seconds=1)
    """The longest first wait between two attempts. It doubles each time; the real wait is random, between a tenth of
    it and all of it.
    """
    retry_cap: Duration = timedelta(minutes=5)
    """The longest wait between two attempts."""
    hold_for: Duration = timedelta(minutes=1)
    """While the account is suspended, how long until one message tries again."""
    status_check_after: Duration = timedelta(seconds=30)
    """When the first status check follows the acceptance. The gaps then double."""
    kddi_wait: Duration = timedelta(minutes=25)
    """When a message to KDDI, or to an unknown carrier, counts as overdue."""
    overdue_after: Duration = timedelta(minutes=10)
    """The same for the other carriers."""
    give_up_after: Duration = timedelta(hours=72)
    """When status checks end. The message is then `delivery_unknown`. If the provider does not show it then, the checks
    go on for another twelfth of this time.
    """
    retention: Duration = timedelta(days=30)
    """How long a record is kept after its final state."""
    sweep_interval: Duration = timedelta(seconds=30)
    """How often lost tasks are searched for. A task counts as lost when later ones were taken this long after it was
    published.
    """

    @model_validator(mode="before")
    @classmethod
    def _read_token_file(cls, values: dict[str, Any]) -> dict[str, Any]:
        return with_files(values, "token")

    @model_validator(mode="after")
    def _lease_outlasts_a_call(self) -> Self:
        if self.lease < 2 * self.http_timeout:
            raise ValueError("ZETTAI_LEASE must be at least twice ZETTAI_HTTP_TIMEOUT, or calls outlive their lease")
        return self

    @model_validator(mode="after")
    def _check_urls(self) -> Self:
        for name, account in self.accounts.items():
            try:
                _https_or_loopback(account.api_url or self.api_url)
            except ValueError as error:
                raise ValueError(f"ZETTAI_ACCOUNTS_FILE: {name}: api_url {error}") from None
        return self

    def _values_of(self, account: Account) -> dict[str, Any]:
        # The token of the default account must not reach another one: `required_token` reads the right one.
        own = {"token": None, "token_file": None, "api_url": account.api_url or self.api_url}
        return super()._values_of(account) | own

    def required_token(self) -> SecretStr:
        """The token, where calls are made: beat and Flower need none.

        Raises:
            SettingsError: there is none.
        """
        if self.account is not None:
            # Read only here: beat and Flower have the file of the accounts too, but not those of the tokens.
            return _token_of(self.account, self.accounts[self.account])
        if self.token is None:
            raise SettingsError("ZETTAI_TOKEN: must be set (or ZETTAI_TOKEN_FILE)")
        return self.token

    @property
    def status_lag(self) -> timedelta:
        """How long the provider's lists may lag behind: ten times the first gap, 5 minutes by default.

        Two empty look-ups prove that the provider does not have a message only if they are so far apart.
        """
        return 10 * self.status_check_after

    @property
    def slot_wait(self) -> timedelta:
        """How long a call may wait for its slot, so that the lease outlasts the wait and the call."""
        return self.lease - self.http_timeout


def _required(token: SecretStr | None) -> SecretStr:
    if token is None:
        raise ValueError("must be set (or ZETTAI_TOKEN_FILE)")
    return token


class CallerSettings(WorkerSettings):
    """The settings of a process that calls the provider for all accounts, so each account needs its token."""

    token: Annotated[Token | None, AfterValidator(_required)] = Field(default=None, validate_default=True)

    @model_validator(mode="after")
    def _check_tokens(self) -> Self:
        problems = []
        for name, account in self.accounts.items():
            try:
                _token_of(name, account)
            except SettingsError as error:
                problems.append(str(error))
        if problems:
            raise ValueError("; ".join(problems))
        return self
