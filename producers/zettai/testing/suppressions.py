"""The suppression list of the fake client."""

from collections.abc import Iterator, Sequence

from zettai.core.hash_key import HashKey
from zettai.core.store.suppressions import HashedNumber, SuppressedScope, Suppression
from zettai.core.times import now


class InMemorySuppressions:
    """The part of the suppression list that producers use, in memory. It has a key of its own."""

    def __init__(self) -> None:
        self.key = HashKey("no secret: it is for tests only")
        self._scopes: dict[str, list[SuppressedScope]] = {}

    @property
    def required_key(self) -> HashKey:
        """Return the key; see `SuppressionList.required_key`."""
        return self.key

    def add(self, numbers: Sequence[HashedNumber]) -> list[bool]:
        """Add numbers; see `SuppressionList.add`."""
        return [self._add(one) for one in numbers]

    def remove(self, number_hash: str, scope: str | None, owner: str | None = None) -> bool:
        """Remove a number; see `SuppressionList.remove`."""
        scopes = self._scopes.pop(number_hash, [])
        kept = [one for one in scopes if scope not in {None, one.scope} or owner not in {None, one.owner}]
        if kept:
            self._scopes[number_hash] = kept
        return len(kept) < len(scopes)

    def get(self, number_hash: str, owner: str | None = None) -> Suppression | None:
        """Return the scopes of a number; see `SuppressionList.get`."""
        scopes = tuple(one for one in self._scopes.get(number_hash, ()) if owner in {None, one.owner})
        return Suppression(scopes) if scopes else None

    def scan(self) -> Iterator[HashedNumber]:
        """Yield all numbers; see `SuppressionList.scan`."""
        for number_hash, scopes in self._scopes.items():
            yield from (HashedNumber(number_hash, one.scope, one.source, one.since, one.owner) for one in scopes)

    def count(self) -> int:
        """Return how many numbers are suppressed."""
        return len(self._scopes)

    def clear(self) -> None:
        """Remove all numbers."""
        self._scopes.clear()

    def _add(self, one: HashedNumber) -> bool:
        scopes = self._scopes.setdefault(one.hash, [])
        is_new = (one.scope, one.owner) not in {(known.scope, known.owner) for known in scopes}
        if is_new:
            scopes.append(SuppressedScope(one.scope, one.since or now(), one.source, one.owner))
        return is_new
