"""`SmsClient.suppressions`: the numbers to which no messages are sent, because their owners opted out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any, Protocol

from zettai.core.errors import InvalidMessage
from zettai.core.hash_key import HashKey
from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.phone_numbers import normalize
from zettai.core.store.connection import store_errors
from zettai.core.store.scripts import BATCH
from zettai.core.store.suppressions import MOST_SCOPES, HashedNumber, Suppression
from zettai.core.validation import ALL, checked_creator, checked_name, iterate


class SuppressionStore(Protocol):
    """The part of `SuppressionList` that a producer uses. `zettai.testing` has one in memory."""

    @property
    def required_key(self) -> HashKey: ...  # noqa: D102 - see SuppressionList
    def add(self, numbers: Sequence[HashedNumber]) -> Sequence[bool | None]: ...  # noqa: D102
    def remove(self, number_hash: str, scope: str | None, owner: str | None = None) -> bool: ...  # noqa: D102
    def get(self, number_hash: str, owner: str | None = None) -> Suppression | None: ...  # noqa: D102
    def scan(self) -> Iterator[HashedNumber]: ...  # noqa: D102
    def count(self) -> int: ...  # noqa: D102
    def clear(self) -> None: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class AddResult:
    """What became of one number of `add_many`.

    Attributes:
        position: its position in the call, from 0.
        added: whether it was not suppressed in this scope before.
        error: why it was not added.
    """

    position: int
    added: bool = False
    error: InvalidMessage | None = None


class Suppressions:
    """Adds numbers to the suppression list, and removes them.

    Messages to a number of the list are recorded, and canceled with the reason `suppressed`. Each call raises
    `SettingsError` without `ZETTAI_SUPPRESSION_KEY`, `SuppressionKeyMismatch` if the list belongs to another key, and
    `LedgerUnavailable` if Redis does not answer. All of them are safe to repeat.
    """

    def __init__(self, store: SuppressionStore, retry_for: timedelta) -> None:
        """Build without connecting.

        Args:
            store: holds the list.
            retry_for: after this time of a call, Redis is not asked again.
        """
        self._store = store
        self._retry_for = retry_for

    def add(self, number: str, scope: str = ALL, *, source: str | None = None, owner: str | None = None) -> bool:
        """Suppress a number. Return False if it was suppressed in this scope before.

        When this returns, no worker starts to send a message to the number any more. Reservations at the provider are
        canceled within seconds, or minutes if there are very many.

        Args:
            number: a Japanese mobile number, as people write it.
            scope: `all`, or the name of a category: then messages of other categories are still sent.
            source: where the opt-out came from, such as `web-form`: 1 to 40 letters, digits, - and _.
            owner: who adds it: the gateway gives the owner of the API key. Others neither see nor remove it. Calls
                without an owner see and remove all.

        Raises:
            InvalidMessage: an argument is wrong. The error names it and the reason. Nothing was changed.
        """
        one = self._hashed(number, scope, source, owner)
        with store_errors(retry_for=self._retry_for):
            [added] = self._store.add([one])
        if added is None:
            raise InvalidMessage("scope", InvalidValue(InvalidReason.TOO_MANY_SCOPES, most=MOST_SCOPES))
        return added

    def add_many(
        self, items: Iterable[str | Mapping[str, Any]], scope: str = ALL, *, source: str | None = None
    ) -> Iterator[AddResult]:
        """Suppress many numbers, and yield a result for each, in order.

        The iterator is lazy: read it to the end. Numbers are added in batches of 500. An invalid one does not stop the
        others.

        Args:
            items: for each number its text, or a mapping with the arguments of `add`.
            scope: for items that have none.
            source: for items that have none.

        Raises:
            InvalidMessage: the items are not iterable. Nothing was changed.
        """
        numbered = enumerate(iterate(items, "items"))
        while batch := list(islice(numbered, BATCH)):
            checked = [(position, self._check_item(item, scope, source)) for position, item in batch]
            good = [one for _, one in checked if isinstance(one, HashedNumber)]
            with store_errors(retry_for=self._retry_for):
                added = iter(self._store.add(good) if good else [])
            for position, one in checked:
                if isinstance(one, HashedNumber):
                    yield AddResult(position=position, added=bool(next(added)))
                else:
                    yield AddResult(position=position, error=one)

    def remove(self, number: str, scope: str | None = None, *, owner: str | None = None) -> bool:
        """Allow messages to a number again. Return False if it was not suppressed.

        What was canceled stays canceled.

        Args:
            number: the number.
            scope: the scope to remove; None removes all of them.
            owner: what others have added stays. By default, it is removed too.

        Raises:
            InvalidMessage: an argument is wrong. Nothing was changed.
        """
        one = self._hashed(number, ALL if scope is None else scope, None)
        with store_errors(retry_for=self._retry_for):
            return self._store.remove(one.hash, scope, owner)

    def get(self, number: str, *, owner: str | None = None) -> Suppression | None:
        """Return the scopes in which a number is suppressed. None if it is not.

        Args:
            number: the number.
            owner: leave out what others have added. By default, all is returned.

        Raises:
            InvalidMessage: the number is not valid.
        """
        one = self._hashed(number, ALL, None)
        with store_errors(retry_for=self._retry_for):
            return self._store.get(one.hash, owner)

    def count(self) -> int:
        """Return how many numbers are suppressed."""
        with store_errors(retry_for=self._retry_for):
            return self._store.count()

    def export(self) -> Iterator[HashedNumber]:
        """Yield the whole list, as keyed hashes. The list does not have the numbers."""
        with store_errors():
            yield from self._store.scan()

    def restore(self, numbers: Iterable[HashedNumber]) -> list[bool]:
        """Add what `export` yielded, with the same key. Return for each whether it is new.

        Raises:
            InvalidMessage: they are something else. Nothing was added.
            SettingsError: there is no key.
        """
        exported = list(iterate(numbers, "numbers"))
        if not all(isinstance(number, HashedNumber) for number in exported):
            raise InvalidMessage("numbers", InvalidValue(InvalidReason.NOT_EXPORTED))
        with store_errors(retry_for=self._retry_for):
            return [bool(added) for added in self._store.add(exported)]

    def clear(self) -> None:
        """Remove all numbers, so that the list can begin again with another key."""
        with store_errors(retry_for=self._retry_for):
            self._store.clear()

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the key of this client."""
        return self._store.required_key.fingerprint

    def _check_item(
        self, item: str | Mapping[str, Any], scope: str, source: str | None
    ) -> HashedNumber | InvalidMessage:
        fields = item if isinstance(item, Mapping) else {"number": item}
        try:
            return self._hashed(**{"scope": scope, "source": source, **fields})
        except InvalidMessage as error:
            return error
        except TypeError:
            return InvalidMessage("number", InvalidValue(InvalidReason.NOT_A_TEXT))

    def _hashed(self, number: str, scope: str, source: str | None, owner: str | None = None) -> HashedNumber:
        key, normal = self._store.required_key, checked_number(number)
        field, problem = "scope", InvalidValue(InvalidReason.NOT_A_TEXT)
        try:
            checked_name(scope)
            field = "source"
            checked_source = None if source is None else checked_name(source)
            field = "owner"
            return HashedNumber(
                key.hash_of(normal), scope, checked_source, owner=None if owner is None else checked_creator(owner)
            )
        except InvalidValue as error:
            problem = error
        except TypeError:
            pass
        raise InvalidMessage(field, problem)


def checked_number(number: str) -> str:
    """Return a phone number in its normal form.

    Raises:
        InvalidMessage: it is not a Japanese mobile number.
    """
    try:
        return normalize(number)
    except InvalidValue as error:
        problem = error
    except TypeError:
        problem = InvalidValue(InvalidReason.NOT_A_TEXT)
    raise InvalidMessage("number", problem)
