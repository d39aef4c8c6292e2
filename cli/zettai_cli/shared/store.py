"""Opens the store in Redis for commands. `exits.py` maps its errors to exit codes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta

import typer
from redis import Redis
from redis.retry import Retry

from zettai import Settings
from zettai.core.accounts import account_label, account_of_label
from zettai.core.redis_url import without_secrets
from zettai.core.store import WorkerStore
from zettai.core.store.connection import RETRIED, connect
from zettai.core.store.keys import Keys
from zettai_cli.shared.language import say

REDIS_TIMEOUT = timedelta(seconds=5)


def chosen_accounts(settings: Settings, name: str | None) -> Sequence[str | None]:
    """Return the accounts that a command is about: the one of its option `--account`, or all.

    Raises:
        typer.BadParameter: there is no such account.
    """
    if name is None:
        return settings.account_names
    account = account_of_label(name)
    if account not in settings.account_names:
        listed = ", ".join(account_label(one) for one in settings.account_names)
        raise typer.BadParameter(say("--account must be one of {listed}", listed=listed))
    return (account,)


def nothing_found(settings: Settings) -> str:
    """Return what a list says that is empty: a wrong database looks like one without messages."""
    return say(
        "no message found in {redis} with the prefix {prefix}",
        redis=without_secrets(settings.redis_url),
        prefix=settings.key_prefix,
    )


def looked_in() -> str:
    """Return where a command looked that has not found a message, to append to its error."""
    settings = Settings.load()
    return say(
        " (in {redis} with the prefix {prefix})",
        redis=without_secrets(settings.redis_url),
        prefix=settings.key_prefix,
    )


@contextmanager
def open_stores(
    settings: Settings | None = None,
    account: str | None = None,
    *,
    retry: Retry = RETRIED,
    timeout: timedelta = REDIS_TIMEOUT,
) -> Iterator[Mapping[str | None, WorkerStore]]:
    """Open the stores of the accounts that a command is about. The arguments are those of `open_store`.

    Raises:
        SettingsError: a setting is missing or wrong.
        typer.BadParameter: there is no such account.
    """
    settings = settings or Settings.load()
    accounts = chosen_accounts(settings, account)
    with connect(settings.redis_url, retry=retry, timeout=timeout) as redis:
        yield {one: _store(settings.for_account(one), redis) for one in accounts}


@contextmanager
def open_store(
    settings: Settings | None = None, *, retry: Retry = RETRIED, timeout: timedelta = REDIS_TIMEOUT
) -> Iterator[WorkerStore]:
    """Open the store of the account of the settings, and close its connections afterwards. It reads every record.

    Args:
        settings: loaded from the environment if not given. The store needs no token.
        retry: how often a command is repeated whose answer was lost.
        timeout: for connecting and for each answer.

    Raises:
        SettingsError: a setting is missing or wrong.
    """
    settings = settings or Settings.load()
    with connect(settings.redis_url, retry=retry, timeout=timeout) as redis:
        yield _store(settings, redis)


def _store(settings: Settings, redis: Redis) -> WorkerStore:
    keys = Keys(settings.key_prefix, settings.account)
    return WorkerStore(redis, keys, reserve_within=settings.reserve_within, secrets=settings.secret_keys())
