"""What each call of the API does at the provider, what it answers, and what of that is a lie."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.integration.model.lies import LieRecords
from tests.integration.model.provider_account import Account, Held, Traits, day_of
from tests.integration.model.reactions import NOT_TAKEN, Answer, Effect, Reaction
from tests.support.redis_clock import RedisClock

from zettai_worker.provider.client import CANCEL_RESERVATION, CANCEL_RESERVATIONS, SEND, STATUS

Rows = list[dict[str, Any]]

LATE = timedelta(minutes=1)
"""How long after its call a late effect happens."""

OTHER_NUMBER = "+819099999999"


class Calls:
    """The calls, on the provider's account.

    Attributes:
        on_canceled: called with the tag of each reservation that is canceled.
    """

    def __init__(self, clock: RedisClock, traits: Traits) -> None:
        self.account = Account(traits)
        self.lies = LieRecords()
        self.on_canceled: Callable[[str], None] = lambda _: None
        self._clock = clock
        self._late: list[tuple[datetime, Callable[[], object]]] = []

    def happen(self) -> None:
        """Let late effects happen whose time has come."""
        now = self._clock.now
        due = [effect for at, effect in self._late if at <= now]
        self._late = [(at, effect) for at, effect in self._late if at > now]
        for effect in due:
            effect()

    def answer(self, endpoint: str, fields: dict[str, str], reaction: Reaction) -> tuple[int, Rows | None]:
        """Carry out a call as the reaction says, and return the code and the rows to answer."""
        match endpoint:
            case _ if endpoint == SEND:
                return self._send(fields, reaction), None
            case _ if endpoint == CANCEL_RESERVATION:
                return self._cancel(fields["clientTag"], reaction), None
            case _ if endpoint == CANCEL_RESERVATIONS:
                return self._cancel_many(fields, reaction), None
        return self._look_up(fields, reaction.answer, is_status=endpoint == STATUS)

    def _carry_out(self, effect: Effect, call: Callable[[], int]) -> int:
        """Return the code of a call. It is 500 if the call has no effect now."""
        if effect is Effect.LATE:
            self._late.append((self._clock.now + LATE, call))
        return call() if effect is Effect.AT_ONCE else 500

    def _send(self, fields: dict[str, str], reaction: Reaction) -> int:
        tag, answer = fields["clientTag"], reaction.answer
        is_new = tag not in self.account.held
        code = self._carry_out(reaction.effect, lambda: self.account.take(fields, self._clock.now))
        is_late = reaction.effect is Effect.LATE
        is_taken = is_new and (is_late or tag in self.account.held)
        lies = self.lies[tag]
        lies.refused |= is_taken and answer in NOT_TAKEN
        lies.duplicate |= is_taken and answer is Answer.CODE_400 and self.account.traits.rewrites
        lies.accepted_early |= is_late and answer is Answer.CODE_0
        return answer.number if answer.is_code else code

    def _cancel(self, tag: str, reaction: Reaction) -> int:
        code = self._carry_out(reaction.effect, lambda: self._cancel_now(tag))
        said = reaction.answer.number if reaction.answer.is_code else code
        held = self.account.held.get(tag)
        self.lies[tag].canceled |= said == 0 and (held is None or held.canceled_at is None)
        return said

    def _cancel_many(self, fields: dict[str, str], reaction: Reaction) -> int:
        covered = self.account.reserved(fields, self._clock.now)
        is_confirmed = reaction.answer is Answer.CODE_0

        def cancel_each() -> int:
            # A confirmed call cancels nothing that is reserved after its answer.
            for held in covered if is_confirmed else self.account.reserved(fields, self._clock.now):
                self._cancel_now(held.tag)
            return 0

        code = self._carry_out(reaction.effect, cancel_each)
        said = reaction.answer.number if reaction.answer.is_code else code
        for held in covered:
            self.lies[held.tag].bulk_canceled |= said == 0 and held.canceled_at is None
        return said

    def _cancel_now(self, tag: str) -> int:
        code = self.account.cancel(tag, self._clock.now)
        if code == 0:
            self.on_canceled(tag)
        return code

    def _look_up(self, fields: dict[str, str], answer: Answer, *, is_status: bool) -> tuple[int, Rows]:
        """Return the code and the rows of a list, and note what it hides."""
        now, tag = self._clock.now, fields.get("clientTag")
        shown = self.account.shown_as_sent(now) if is_status else self.account.shown_as_reserved(now)
        if tag is None:
            day = fields.get("date") or fields.get("scheduleDate")
            shown = [held for held in shown if f"{day_of(held.send_at or held.sends_at):%Y%m%d}" == day]
        else:
            shown = [held for held in shown if held.tag == tag]
        true_rows = [
            self.account.status_row(held, now) if is_status else self.account.reservation_row(held) for held in shown
        ]
        rows = self._falsified(true_rows, tag, answer)
        code = answer.number if answer.is_code else 0
        if tag is not None and not is_status and not answer.is_code and self._says_already_sent(tag, now):
            code = 130
        if tag is not None and code == 0 and answer.has_body:
            self._note_denial(tag, rows, shown)
        return code, rows

    def _says_already_sent(self, tag: str, now: datetime) -> bool:
        held = self.account.held.get(tag)
        return held is not None and held.is_sent(now) and self.account.traits.says_already_sent

    def _falsified(self, rows: Rows, tag: str | None, answer: Answer) -> Rows:
        """Return what the provider shows in place of the true rows."""
        if answer is Answer.OTHER_NUMBER:
            for row in rows:
                self.lies[row["clientTag"]].other_number = True
        falsified: dict[Answer, Rows] = {
            Answer.NO_ROWS: [],
            Answer.OTHER_TAGS: [{"clientTag": f"{tag}1", "phoneNumber": OTHER_NUMBER, "statusId": "2"}],
            Answer.UNREADABLE: [{**row, "phoneNumber": ""} for row in rows] or [{"clientTag": tag or "x"}],
            Answer.OTHER_NUMBER: [{**row, "phoneNumber": OTHER_NUMBER} for row in rows],
            Answer.CONTRADICTIONS: [
                {**row, "statusId": status} for row in rows for status in ("3", row.get("statusId"), "0")
            ],
        }
        if answer.is_status:
            return [{**row, "statusId": str(answer.number)} for row in rows]
        return falsified.get(answer, rows)

    def _note_denial(self, tag: str, rows: Rows, shown: list[Held]) -> None:
        """Note an answer about a tag that hides the message, or that shows it."""
        if any(row["clientTag"] == tag and row.get("phoneNumber") for row in rows):
            self.lies.shown(tag)
        elif shown and all(row.get("phoneNumber") for row in rows):
            self.lies[tag].denied.append(self._clock.now)
        elif not shown:
            self.lies[tag].lagged = self.lies[tag].lagged or self._clock.now
