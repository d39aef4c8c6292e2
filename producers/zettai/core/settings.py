"""The settings of a producer, from environment variables with the prefix `ZETTAI_`. The token is not among them."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, ValidationError, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from zettai.core.accounts import (
    DEFAULT_ACCOUNT,
    Account,
    ClientId,
    account_label,
    check_distinct,
    choose_account,
    read_accounts,
)
from zettai.core.errors import SettingsError
from zettai.core.guard_settings import GuardSettings
from zettai.core.key_settings import KeySettings
from zettai.core.library_words import in_our_words
from zettai.core.redis_url import SCHEMES, with_login
from zettai.core.senders import SenderCode, split_senders
from zettai.core.settings_files import ValueFile, read_value


def _seconds(value: object) -> object:
    """Read numbers such as "30" and "0.5" as seconds. Pydantic reads ISO 8601 durations such as "PT5M"."""
    if isinstance(value, str):
        try:
            return timedelta(seconds=float(value))
        except ValueError:
            return value
    return value


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta():
        raise ValueError("must be more than 0 seconds")
    return value


Duration = Annotated[timedelta, BeforeValidator(_seconds), AfterValidator(_positive)]
"""A positive duration; a bare number means seconds."""


def _known_scheme(url: str) -> str:
    if url.split("://", maxsplit=1)[0] not in SCHEMES or "://" not in url:
        raise ValueError(f"must begin with one of {', '.join(f'{scheme}://' for scheme in SCHEMES)}")
    return url


RESERVE_WITHIN = timedelta(days=7)
"""The default of `ZETTAI_RESERVE_WITHIN`. The provider does not say how far ahead it takes reservations."""


class LogFormat(StrEnum):
    """The format of log lines."""

    CONSOLE = "console"
    JSON = "json"


class LogLevel(StrEnum):
    """The lowest level that is logged."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class Settings(KeySettings, GuardSettings):
    """The settings that producers and workers share."""

    _accounts: Mapping[str, Account] = PrivateAttr(default_factory=dict)
    _account: str | None = PrivateAttr(default=None)

    model_config = SettingsConfigDict(
        env_prefix="ZETTAI_", frozen=True, extra="ignore", hide_input_in_errors=True, populate_by_name=True
    )

    redis_url: Annotated[str, AfterValidator(_known_scheme)] = Field(default="redis://127.0.0.1:6379/0", repr=False)
    """The Redis that holds queues and messages: `redis://`, `rediss://`, `redis+socket://PATH?virtual_host=DB`, or
    `sentinel://HOST:PORT/DB;sentinel://HOST:PORT/DB?master=NAME`. It may hold a password, which `repr` and our
    errors hide.
    """
    redis_user: str | None = None
    """The user of Redis, in place of one in `ZETTAI_REDIS_URL`. Each process has its own: docs/how-to/secure-redis.md.
    """
    redis_password_file: ValueFile | None = None
    """A file that holds the password of Redis, in place of one in `ZETTAI_REDIS_URL`. Any characters, nothing escaped.
    """
    key_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")] = "zettai"
    """The beginning of each key in Redis, so that two installations can share one server: 1 to 40 letters, digits and
    `_.-`.
    """
    client_id: ClientId | None = None
    """The account at the provider: digits. Workers need it. A web application needs it only to receive delivery
    reports.
    """
    sms_code: SenderCode | None = None
    """The sender code of messages that name none: 5 or 6 digits. Workers need it. In a web application, it is a code
    that `send` may name, beside those of `ZETTAI_SENDERS`.
    """
    senders: Annotated[tuple[SenderCode, ...], NoDecode, BeforeValidator(split_senders)] = ()
    """The sender codes that `send` may name, separated by commas, such as `77777,88888`. Web applications, the gateway
    and workers have the same list.
    """
    accounts_file: ValueFile | None = None
    """A TOML file with further accounts, that is, contracts with the provider: see docs/how-to/accounts.md. Web
    applications, the gateway and workers have the same file. Only workers read the files of the tokens that it names.
    """
    expires_in: Duration = timedelta(hours=24)
    """How long a message may wait to be sent, unless `send` sets another time."""
    expires_in_urgent: Duration = timedelta(minutes=10)
    """The same for the urgent lane: a one-time password is worthless later."""

    reserve_within: Duration = RESERVE_WITHIN
    """How long before its `send_at` a message is reserved at the provider. Until then it waits in Redis, where a cancel
    or a replacement needs no call. Give it to producers and workers.
    """

    client_timeout: Duration = timedelta(seconds=3)
    """The longest time of a call of `SmsClient`, such as `send`. If Redis does not answer, `LedgerUnavailable` comes
    about this soon.
    """
    durable: bool = False
    """Whether `send` returns only when Redis has the message on disk, unless `send` says otherwise."""
    durable_replicas: Annotated[int, Field(ge=0)] = 0
    """How many replicas must have the message on disk too."""

    @model_validator(mode="before")
    @classmethod
    def _read_redis_login(cls, values: dict[str, Any]) -> dict[str, Any]:
        user, password = values.get("redis_user") or None, read_value(values.get("redis_password_file"))
        if user is None and password is None:
            return values
        url = values.get("redis_url", cls.model_fields["redis_url"].default)
        try:
            return {**values, "redis_url": with_login(url, user, password)}
        except ValueError as error:
            raise ValueError(
                f"ZETTAI_REDIS_URL: {error}; give it there, or in ZETTAI_REDIS_USER and ZETTAI_REDIS_PASSWORD_FILE"
            ) from None

    @model_validator(mode="after")
    def _read_accounts(self) -> Self:
        if self.accounts_file is not None:
            self._accounts = read_accounts(self.accounts_file)
            client_ids = {DEFAULT_ACCOUNT: self.client_id} | {
                name: one.client_id for name, one in self.accounts.items()
            }
            codes = {account_label(name): of_account for name, of_account in self._codes.items()}
            check_distinct(self.accounts_file, client_ids, codes)
        return self

    @property
    def accounts(self) -> Mapping[str, Account]:
        """The accounts of the file, by their names. The default account is not among them."""
        return self._accounts

    @property
    def account_names(self) -> tuple[str | None, ...]:
        """The names of all accounts; None stands for the default account."""
        return (None, *self._accounts)

    @property
    def account(self) -> str | None:
        """The account of these settings: see `for_account`."""
        return self._account

    def for_account(self, name: str | None) -> Self:
        """Return the settings of an account: what its contract decides is replaced."""
        if name is None:
            return self
        own = self.model_copy(update=self._values_of(self._accounts[name]))
        own._account = name  # noqa: SLF001 - its own class
        return own

    def _values_of(self, account: Account) -> dict[str, Any]:
        return {"client_id": account.client_id, "sms_code": account.sms_code, "senders": account.senders}

    def account_for(self, account: str | None, sender: str | None, accounts: Collection[str | None]) -> str | None:
        """Return the account of a new message that may name an account and a sender code.

        Args:
            account: the name that was given.
            sender: the sender code that was given.
            accounts: those that may be chosen.

        Raises:
            InvalidMessage: there is no such account, or it has no such sender code.
        """
        if account is None and sender is None and None in accounts:
            return None  # most messages, and this is called for each of them
        return choose_account(account, sender, {name: one for name, one in self._codes.items() if name in accounts})

    @property
    def _codes(self) -> dict[str | None, frozenset[str]]:
        """The sender codes of each account that a message may name."""
        own = frozenset({*self.senders, *([self.sms_code] if self.sms_code else [])})
        return {None: own, **{name: one.codes for name, one in self._accounts.items()}}

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Read the environment.

        Args:
            overrides: settings by field name. They take precedence over the environment.

        Raises:
            SettingsError: a setting is missing or wrong. The error is one line that names each of them.
        """
        try:
            return cls(**overrides)
        except ValidationError as error:
            wrong = [
                _variable(problem["loc"]) + in_our_words(problem["msg"])
                for problem in error.errors(include_input=False, include_url=False)
            ]
        raise SettingsError(*wrong)


class ProcessSettings(Settings):
    """The settings of our own processes: workers, beat and the gateway."""

    log_format: LogFormat | None = None
    """The format of log lines. Without it: `console` at a terminal, `json` elsewhere."""
    log_level: LogLevel = LogLevel.INFO
    """The lowest level that is logged."""
    metrics_port: int | None = None
    """The port on which a process serves its metrics. `zettai worker` gives each of its processes the next port.
    Without it, no metrics are served.
    """
    metrics_host: str = "127.0.0.1"
    """The address on which a process serves its metrics. They have no password, so open other addresses, such as
    `0.0.0.0` or `::`, only where a firewall or a network of its own keeps others away.
    """


def _variable(location: tuple[int | str, ...]) -> str:
    """Return the name of the variable as a prefix. An error about several variables names them itself."""
    return f"ZETTAI_{str(location[0]).upper()}: " if location else ""
