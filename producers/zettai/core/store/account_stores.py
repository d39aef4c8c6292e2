"""The stores of all accounts behind one interface: each message is recorded and changed in the store of its account.

The keys of records do not name the account, so a tag is used once in an installation. `create.lua` refuses a tag that
another account has as a conflict, because the account is part of the digest.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import chain, islice
from typing import TypeVar

from redis import Redis

from zettai.core.create_result import CreateResult
from zettai.core.message import Message
from zettai.core.new_message import NewMessage
from zettai.core.replacement import Changes, Replacement, ReplaceOutcome
from zettai.core.settings import Settings
from zettai.core.states import State
from zettai.core.store.campaigns import AccountCampaigns
from zettai.core.store.durability import Disk
from zettai.core.store.erasure import ErasureStore
from zettai.core.store.keys import Keys
from zettai.core.store.replacements import ReplacementStore
from zettai.core.store.scripts import BATCH
from zettai.core.store.store import BuildTask
from zettai.core.store.suppressions import SuppressionList

Item = TypeVar("Item")

Answer = TypeVar("Answer")


def newest_first(*found: Iterator[Message]) -> Iterator[Message]:
    """Yield the messages of several listings of a state, each newest first, in one order."""
    return merge(*found, key=lambda message: message.since, reverse=True)


class AccountStore(ReplacementStore, ErasureStore):
    """What producers do with the messages of one account."""


class AccountStores:
    """What producers do with the messages of several accounts. Messages of other accounts do not exist here."""

    def __init__(self, stores: Mapping[str | None, AccountStore], reader: AccountStore) -> None:
        """Put stores together.

        Args:
            stores: by their accounts.
            reader: reads what the accounts share, such as records and groups. It is of any account.
        """
        self._stores = stores
        self._any = reader

    @classmethod
    def of(
        cls, settings: Settings, redis: Redis, tasks_of: Callable[[str | None], BuildTask | None] = lambda _: None
    ) -> "AccountStores":
        """Return the stores of all accounts of the settings.

        Args:
            settings: with the accounts.
            redis: the connections.
            tasks_of: returns for an account what builds the tasks of new messages.
        """
        secrets, guards = settings.secret_keys(), settings.guards()
        stores = {
            account: AccountStore(
                redis,
                Keys(settings.key_prefix, account),
                tasks_of(account),
                reserve_within=settings.reserve_within,
                secrets=secrets,
                guards=guards,
            )
            for account in settings.account_names
        }
        return cls(stores, stores[None])

    @property
    def accounts(self) -> Sequence[str | None]:
        """The accounts; None is the default account."""
        return tuple(self._stores)

    @property
    def campaigns(self) -> AccountCampaigns:
        """The controls of groups, whose messages may belong to several accounts."""
        return AccountCampaigns([store.campaigns for store in self._stores.values()])

    @property
    def suppressions(self) -> SuppressionList:
        """The suppression list, which all accounts share."""
        return self._any.suppressions

    def only(self, accounts: Iterable[str | None]) -> "AccountStores":
        """Return the stores of some of the accounts."""
        return AccountStores({account: self._stores[account] for account in accounts}, self._any)

    def create(self, messages: Sequence[NewMessage]) -> list[CreateResult]:
        """Record new messages; see `MessageStore.create`. It is one step for each account."""
        return self._divide(messages, [one.account for one in messages], lambda store, part: store.create(part))

    def create_durably(self, messages: Sequence[NewMessage], disk: Disk) -> list[CreateResult]:
        """Record new messages; see `MessageStore.create_durably`. It is one step for each account."""
        return self._divide(
            messages, [one.account for one in messages], lambda store, part: store.create_durably(part, disk)
        )

    def get(self, client_tags: Iterable[str]) -> list[Message | None]:
        """Return messages by their tags; see `MessageStore.get`."""
        return [one if one is not None and one.account in self._stores else None for one in self._any.get(client_tags)]

    def find(self, *, state: State | None = None, group: str | None = None) -> Iterator[Message]:
        """Yield the messages of a state, of a group, or of both; see `MessageStore.find`."""
        if group is not None:
            tags = self.tags(group=group)
            while batch := list(islice(tags, BATCH)):
                yield from (one for one in self.get(batch) if one is not None and state in {None, one.state})
            return
        for one in State if state is None else [state]:
            yield from newest_first(*(store.find(state=one) for store in self._stores.values()))

    def find_number(self, number: str) -> Iterator[Message]:
        """Yield the messages to a number; see `MessageStore.find_number`."""
        return (one for one in self._any.find_number(number) if one.account in self._stores)

    def tags_of_number(self, number: str, *, by_index: bool) -> Iterator[str]:
        """Yield the tags of the messages to a number; see `ErasureStore.tags_of_number`."""
        tags = self._any.tags_of_number(number, by_index=by_index)
        while batch := list(islice(tags, BATCH)):
            accounts = self._any.accounts_of(batch)
            yield from (tag for tag, account in zip(batch, accounts, strict=True) if account in self._stores)

    def erase(self, client_tags: Sequence[str]) -> list[str]:
        """Erase messages; see `ErasureStore.erase`."""
        accounts = self.accounts_of(client_tags)
        return self._divide(client_tags, accounts, lambda store, part: store.erase(part), otherwise="not_found")

    def tags(self, *, state: State | None = None, group: str | None = None) -> Iterator[str]:
        """Yield tags; see `MessageStore.tags`. Those of a state come account by account."""
        if group is not None:
            return self._any.tags(group=group)
        return chain.from_iterable(store.tags(state=state) for store in self._stores.values())

    def cancel(self, client_tags: Sequence[str], owner: str | None = None) -> list[str]:
        """Cancel messages; see `MessageStore.cancel`."""
        accounts = self.accounts_of(client_tags)
        return self._divide(client_tags, accounts, lambda store, part: store.cancel(part, owner), otherwise="not_found")

    def cancel_durably(
        self, client_tags: Sequence[str], disk: Disk, owner: str | None = None
    ) -> tuple[list[str], bool]:
        """Cancel messages; see `MessageStore.cancel_durably`."""
        are_on_disk = True

        def cancel(store: AccountStore, part: Sequence[str]) -> list[str]:
            nonlocal are_on_disk
            outcomes, is_on_disk = store.cancel_durably(part, disk, owner)
            are_on_disk = are_on_disk and is_on_disk
            return outcomes

        accounts = self.accounts_of(client_tags)
        return self._divide(client_tags, accounts, cancel, otherwise="not_found"), are_on_disk

    def replace(
        self, client_tag: str, changes: Changes, disk: Disk | None = None, *, owner: str | None = None
    ) -> tuple[Replacement, bool, bool]:
        """Replace a message; see `ReplacementStore.replace`."""
        [account] = self.accounts_of([client_tag])
        if account not in self._stores:
            return Replacement(ReplaceOutcome.NOT_FOUND), False, True
        return self._stores[account].replace(client_tag, changes, disk, owner=owner)

    def hold_reservations(self, client_tags: Sequence[str]) -> list[str]:
        """Take reservations back from the provider; see `ReplacementStore.hold_reservations`."""
        accounts = self.accounts_of(client_tags)
        return [
            tag
            for account, store in self._stores.items()
            for tag in store.hold_reservations(
                [one for one, of in zip(client_tags, accounts, strict=True) if of == account]
            )
        ]

    def request_bulk_cancel(self, group: str | None) -> None:
        """Request a bulk cancel of each account; see `MessageStore.request_bulk_cancel`."""
        for store in self._stores.values():
            store.request_bulk_cancel(group)

    def accounts_of(self, client_tags: Sequence[str]) -> Sequence[str | None]:
        """Return the account of each message; see `MessageStore.accounts_of`."""
        if tuple(self._stores) == (None,):
            return [None] * len(client_tags)  # the scripts of this account leave the messages of others alone
        return self._any.accounts_of(client_tags)

    def close(self) -> None:
        """Close the connections."""
        self._any.close()

    def _divide(
        self,
        items: Sequence[Item],
        accounts: Sequence[str | None],
        run: Callable[[AccountStore, Sequence[Item]], list[Answer]],
        *,
        otherwise: Answer | None = None,
    ) -> list[Answer]:
        """Run a call for the items of each account, and return the answers in the order of the items."""
        if len(set(accounts)) == 1 and accounts[0] in self._stores:
            return run(self._stores[accounts[0]], items)
        answers: dict[int, Answer] = {}
        for account, store in self._stores.items():
            numbers = [number for number, one in enumerate(accounts) if one == account]
            if numbers:
                answers.update(zip(numbers, run(store, [items[number] for number in numbers]), strict=True))
        return [answers.get(number, otherwise) for number in range(len(items))]  # type: ignore[misc]
