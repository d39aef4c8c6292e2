"""The settings of the guards against mistakes and abuse."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator
from pydantic_settings import BaseSettings, NoDecode

from zettai.core.guards import Budget, BudgetScope, Guards, Period, Rate, parse_budgets, parse_numbers, parse_rates
from zettai.core.settings_files import ValueFile, with_files


def _rates(value: object) -> object:
    return parse_rates(value) if isinstance(value, str) else value


def _budgets(value: object) -> object:
    return parse_budgets(value) if isinstance(value, str) else value


def _numbers(value: object) -> object:
    return parse_numbers(value) if isinstance(value, str) else value


Rates = Annotated[tuple[Rate, ...], NoDecode, BeforeValidator(_rates)]
"""Rates with commas between them, such as `5/10 minutes, 20/day`."""


class GuardSettings(BaseSettings):
    """What producers may send. Each producer applies its own settings, so give all of them the same."""

    urgent_per_number: Rates = parse_rates("5/10 minutes, 20/day")
    """How many messages of the urgent lane one number gets, such as `5/10 minutes, 20/day`, against
    the pumping of one-time passwords. Empty switches it off.
    """
    same_text_per_minute: Annotated[int, Field(ge=0, le=1_000)] = 5
    """How many messages with the same text one number gets in a minute of the clock, in the lanes `urgent` and
    `normal`. 0 switches it off.
    """
    budgets: Annotated[tuple[Budget, ...], NoDecode, BeforeValidator(_budgets)] = ()
    """Limits of billed parts in a day or a month (Japan time), with semicolons between them, such as
    `50000/day account; 20000/month key shop; 5000/day group *`. `*` gives each group or API key its own.
    """
    budgets_file: ValueFile | None = None
    """A file with the budgets, one a line, in place of `ZETTAI_BUDGETS`."""
    plan_quota: Annotated[int, Field(ge=1)] | None = None
    """The parts that your plan includes in a month."""
    urgent_share: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """The share of `ZETTAI_PLAN_QUOTA` that is kept for the urgent lane."""
    loop_guard: Annotated[int, Field(ge=2, le=1000)] | None = None
    """How many times its usual rate stops a producer in a lane, such as `10`. Without it there is no such guard."""

    only_to: Annotated[frozenset[str], NoDecode, BeforeValidator(_numbers)] | None = Field(default=None, repr=False)
    """The only numbers that this installation sends to, with commas between them, so that a test system cannot reach
    customers. Workers reject all other messages. A producer that has it refuses them at once.
    """
    only_to_file: ValueFile | None = None
    """A file with these numbers, one a line, in place of `ZETTAI_ONLY_TO`."""

    @model_validator(mode="before")
    @classmethod
    def _read_files(cls, values: dict[str, Any]) -> dict[str, Any]:
        return with_files(values, "budgets", "only_to")

    def allows(self, to: str) -> bool:
        """Return whether this installation may send to a number, given in its normal form."""
        return self.only_to is None or to in self.only_to

    def guards(self) -> Guards:
        """Return the rules of the guards."""
        return Guards(
            urgent_per_number=self.urgent_per_number,
            same_text_per_minute=self.same_text_per_minute,
            budgets=(*self.budgets, *self._quota_budgets()),
            loop_factor=self.loop_guard,
            only_to=self.only_to,
        )

    def _quota_budgets(self) -> tuple[Budget, ...]:
        """Return the budget that keeps a share of the plan's quota for the urgent lane."""
        if self.plan_quota is None:
            return ()
        for_others = int(self.plan_quota * (1 - self.urgent_share))
        return (Budget(for_others, Period.MONTH, BudgetScope.ACCOUNT, spares_urgent=True),)
