"""The guards against mistakes and abuse: their rules, as settings write them. `guards.lua` applies them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from zettai.core.invalid_reasons import InvalidValue
from zettai.core.lanes import Lane
from zettai.core.new_message import NewMessage
from zettai.core.phone_numbers import normalize
from zettai.core.times import JST

UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}

LONGEST_RATE = 1_000
"""The most messages of one rate. Redis keeps a time for each of them."""

_RATE = re.compile(r"(\d{1,4})\s*/\s*(\d{0,4})\s*(second|minute|hour|day)s?")

_BUDGET = re.compile(r"(\d{1,12})/(day|month) (account|key|group)(?: (.+))?")

EACH = "*"
"""The name of a budget that each API key, or each group, has for itself."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many messages in any period of this length."""

    count: int
    period: timedelta

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a rate such as `5/10 minutes` or `20/day`.

        Raises:
            ValueError: it is not a rate.
        """
        found = _RATE.fullmatch(text.strip())
        if found is None or not 1 <= int(found[1]) <= LONGEST_RATE or found[2] == "0":
            raise ValueError(f"must be rates such as 5/10 minutes, 20/day, got {text.strip()!r}")
        return cls(int(found[1]), int(found[2] or 1) * UNITS[found[3]])

    def __str__(self) -> str:
        """Return the rate as settings write it."""
        name, unit = next((name, unit) for name, unit in reversed(UNITS.items()) if not self.period % unit)
        length = self.period // unit
        return f"{self.count}/{length} {name}s" if length > 1 else f"{self.count}/{name}"


class Period(StrEnum):
    """The time for which a budget is given, in Japan time."""

    DAY = "day"
    MONTH = "month"

    def end(self, moment: datetime) -> datetime:
        """Return when the period ends that a moment belongs to."""
        day = moment.astimezone(JST).replace(hour=0, minute=0, second=0, microsecond=0)
        if self is Period.DAY:
            return day + timedelta(days=1)
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


class BudgetScope(StrEnum):
    """Whose messages a budget limits."""

    ACCOUNT = "account"
    KEY = "key"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Budget:
    """At most so many billed parts in a day or a month.

    Attributes:
        parts: the limit.
        period: when counting begins anew.
        scope: whose messages are counted.
        name: of the API key or the group; `*` gives each of them this budget for itself.
        spares_urgent: messages of the urgent lane are counted and not limited.
    """

    parts: int
    period: Period
    scope: BudgetScope
    name: str = ""
    spares_urgent: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a budget such as `50000/day account`, `20000/month key shop` or `5000/day group *`.

        Raises:
            ValueError: it is not a budget.
        """
        found = _BUDGET.fullmatch(" ".join(text.split()))
        if found is None or (found[3] == BudgetScope.ACCOUNT) is (found[4] is not None):
            raise ValueError(
                f"must be budgets such as 50000/day account; 20000/month key shop; 5000/day group *, got {text!r}"
            )
        return cls(int(found[1]), Period(found[2]), BudgetScope(found[3]), found[4] or "")

    def counted_as(self, new: NewMessage) -> str | None:
        """Return the name under which the parts of a message are counted; None if it does not concern this budget.

        Each account is counted for itself. So is each owner of a group, because two may use the same name.
        """
        if self.scope is BudgetScope.ACCOUNT:
            return str(self.scope) if new.account is None else f"{self.scope} {new.account}"
        name = new.created_by if self.scope is BudgetScope.KEY else new.group
        if name is None or self.name not in {EACH, name}:
            return None
        is_owned_group = self.scope is BudgetScope.GROUP and new.owner is not None
        return f"{self.scope} {name} of {new.owner}" if is_owned_group else f"{self.scope} {name}"

    def __str__(self) -> str:
        """Return the budget in words."""
        whose = {
            BudgetScope.ACCOUNT: "this account",
            BudgetScope.KEY: "this API key",
            BudgetScope.GROUP: "this group",
        }[self.scope]
        kept = ", kept for the urgent lane" if self.spares_urgent else ""
        return f"{self.parts:,} parts a {self.period} for {whose}{kept}"


def parse_rates(text: str) -> tuple[Rate, ...]:
    """Read rates with commas between them. An empty text has none.

    Raises:
        ValueError: one of them is not a rate.
    """
    return tuple(Rate.parse(part) for part in text.split(",") if part.strip())


def parse_budgets(text: str) -> tuple[Budget, ...]:
    """Read budgets with semicolons or line breaks between them. `#` begins a comment.

    Raises:
        ValueError: one of them is not a budget.
    """
    lines = (line.partition("#")[0] for line in text.splitlines())
    return tuple(Budget.parse(part) for line in lines for part in line.split(";") if part.strip())


def parse_numbers(text: str) -> frozenset[str]:
    """Read phone numbers with commas, semicolons or line breaks between them. `#` begins a comment.

    Raises:
        ValueError: there is none, or one of them is not a mobile number.
    """
    lines = (line.partition("#")[0] for line in text.splitlines())
    numbers = [part for line in lines for part in re.split("[,;]", line) if part.strip()]
    try:
        found = frozenset(map(normalize, numbers))
    except InvalidValue as error:
        raise ValueError(str(error)) from None
    if not found:
        raise ValueError("must have at least one number; leave it out to allow all numbers")
    return found


@dataclass(frozen=True, slots=True)
class Guards:
    """What a producer may send. Without arguments, everything.

    Attributes:
        urgent_per_number: the rates at which one number gets messages of the urgent lane.
        same_text_per_minute: how many messages with the same text one number gets in a minute; 0 for any number. Not in
            the bulk lane, where this would be a tenth of a message's cost.
        budgets: the limits of billed parts.
        loop_factor: how many times its usual rate stops a producer; None switches this guard off.
        only_to: the only numbers that get messages, in their normal form; None allows all.
    """

    urgent_per_number: tuple[Rate, ...] = ()
    same_text_per_minute: int = 0
    budgets: tuple[Budget, ...] = ()
    loop_factor: int | None = None
    only_to: frozenset[str] | None = field(default=None, repr=False)

    def allows(self, to: str) -> bool:
        """Return whether a number may get messages from this installation."""
        return self.only_to is None or to in self.only_to

    def budgets_of(self, new: NewMessage) -> Iterator[tuple[int, str, int | None]]:
        """Yield the position of each budget that counts a message, what it is counted as, and perhaps a limit."""
        for position, budget in enumerate(self.budgets):
            counted_as = budget.counted_as(new)
            if counted_as is not None:
                is_spared = budget.spares_urgent and new.lane is Lane.URGENT
                yield position, f"{budget.period} {counted_as}", None if is_spared else budget.parts


NO_GUARDS = Guards()
