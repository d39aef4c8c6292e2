"""Accounts: the contracts with the provider that one installation serves.

The settings `ZETTAI_CLIENT_ID`, `ZETTAI_TOKEN`, `ZETTAI_SMS_CODE`, `ZETTAI_SENDERS` and `ZETTAI_RATE_LIMIT` describe
the default account. A file describes further ones. In code, None stands for the default account.
"""

import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError

from zettai.core.errors import InvalidMessage
from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.library_words import in_our_words
from zettai.core.senders import SenderCode, check_allowed

DEFAULT_ACCOUNT = "default"
"""The name of the default account, where a name is needed."""

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")
"""The names of accounts."""


def checked_account(name: str) -> str:
    """Check the form of a name. Raise an `InvalidValue` if it is wrong."""
    if not NAME.fullmatch(name):
        raise InvalidValue(InvalidReason.NOT_AN_ACCOUNT_NAME)
    return name


AccountName = Annotated[str, AfterValidator(checked_account)]
"""The name of an account: 1 to 30 lower-case letters, digits, - and _. It begins with a letter or a digit."""

ClientId = Annotated[str, Field(pattern=r"^[0-9]+$")]
"""What identifies an account at the provider: digits."""


class Account(BaseModel):
    """A contract with the provider, as the file describes it.

    Attributes:
        client_id: what identifies it at the provider.
        sms_code: the sender code of messages that name none.
        senders: further sender codes that a message may name.
        rate_limit: its calls, in the grammar of `ZETTAI_RATE_LIMIT`; None for the same limit.
        token: the provider's token.
        token_file: a file that holds the token, in place of it.
        api_url: the URL of the provider, if it is not that of `ZETTAI_API_URL`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, coerce_numbers_to_str=True)

    client_id: ClientId
    sms_code: SenderCode
    senders: tuple[SenderCode, ...] = ()
    rate_limit: str | None = None
    token: SecretStr | None = None
    token_file: Path | None = None
    api_url: str | None = None

    @property
    def codes(self) -> frozenset[str]:
        """The sender codes of this account."""
        return frozenset({self.sms_code, *self.senders})


def account_label(account: str | None) -> str:
    """Return the name of an account for people, metrics and files."""
    return DEFAULT_ACCOUNT if account is None else account


def account_of_label(label: str | None) -> str | None:
    """Return the account that people call by this name. None stays None."""
    return None if label == DEFAULT_ACCOUNT else label


def read_accounts(path: Path) -> Mapping[str, Account]:
    """Read the file of accounts: TOML, with a table for each account.

    Raises:
        ValueError: it cannot be read, or an account is wrong. The error has no secret.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise ValueError(f"ZETTAI_ACCOUNTS_FILE: {path} cannot be read") from None
    except tomllib.TOMLDecodeError:
        # Its text may quote a token.
        raise ValueError(f"ZETTAI_ACCOUNTS_FILE: {path} is not valid TOML") from None
    try:
        accounts = TypeAdapter(dict[AccountName, Account]).validate_python(tables)
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in problem["loc"] if part != "[key]")
        text = in_our_words(problem["msg"])
        raise ValueError(f"ZETTAI_ACCOUNTS_FILE: {path}: {place}: {text}") from None
    if DEFAULT_ACCOUNT in accounts:
        raise ValueError(
            f"ZETTAI_ACCOUNTS_FILE: {path}: {DEFAULT_ACCOUNT}: this is the account of ZETTAI_CLIENT_ID, "
            "give another name"
        )
    return accounts


def check_distinct(path: Path, client_ids: Mapping[str, str | None], codes: Mapping[str, Collection[str]]) -> None:
    """Check that no two accounts have a client id or a sender code in common.

    Args:
        path: of the file, for the error.
        client_ids: by the names of the accounts; None if it is not known here.
        codes: the sender codes, by the names of the accounts.

    Raises:
        ValueError: names what two accounts have in common.
    """
    owners: dict[str, str] = {}
    for name, client_id in client_ids.items():
        values = [f"client id {client_id}"] if client_id is not None else []
        for value in [*values, *(f"sender code {code}" for code in codes[name])]:
            if (owner := owners.setdefault(value, name)) != name:
                raise ValueError(f"ZETTAI_ACCOUNTS_FILE: {path}: {name}: the {value} belongs to {owner} too")


def choose_account(account: str | None, sender: str | None, codes: Mapping[str | None, Collection[str]]) -> str | None:
    """Return the account of a new message: the one that it names, or the one that its sender code belongs to.

    Without both it is the default account, or the only one that may be chosen.

    Args:
        account: the name that was given.
        sender: the sender code that was given.
        codes: the sender codes of each account that may be chosen.

    Raises:
        InvalidMessage: there is no such account, or it has no such sender code.
    """
    if account is None and sender is not None:
        check_allowed(sender, {code for of_account in codes.values() for code in of_account})
        return next(name for name, of_account in codes.items() if sender in of_account)
    only = next(iter(codes)) if len(codes) == 1 else None
    chosen = only if account is None else account_of_label(account)
    if chosen not in codes:
        listed = ", ".join(account_label(name) for name in codes)
        raise InvalidMessage("account", InvalidValue(InvalidReason.UNKNOWN_ACCOUNT, listed=listed))
    if sender is not None:
        check_allowed(sender, codes[chosen])
    return chosen
