"""Decide what a delivery report means for its message. Pure functions; `recorder` reads and records."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from zettai.core.aossms.evidence import is_same_number
from zettai.core.aossms.final_status import final_update
from zettai.core.delivery_reports.parsing import Report
from zettai.core.message import Message
from zettai.core.states import NEVER_SENT, UNSENT
from zettai.core.store import StateUpdate


class Outcome(StrEnum):
    """What happened to a report."""

    APPLIED = "applied"
    """It set a final state, or changed it to `delivered`."""
    REPEATED = "repeated"
    """The message already has this final state."""
    OUTDATED = "outdated"
    """It reports a failure, but the message is already `delivered` or `delivery_unknown`. The state stays."""
    NOT_FINAL = "not_final"
    """It has no final status. Nothing changes."""
    CONTRADICTION = "contradiction"
    """It has a final status, but by our records the message was never sent. The state stays."""
    UNKNOWN_TAG = "unknown_tag"
    """No message has this client tag. Another system on the same account sent it, or its record was purged."""
    OTHER_NUMBER = "other_number"
    """The message was sent to another number. Ignored."""
    ERASED = "erased"
    """The number of the message was erased on request, so nothing can be compared. Ignored."""
    SEALED = "sealed"
    """The number of the message is sealed with a key that this process does not have. Ignored."""
    OTHER_ACCOUNT = "other_account"
    """It names another account than that of the message, or none of ours. Ignored."""
    MALFORMED = "malformed"
    """It cannot be parsed."""


class ReportDecision(NamedTuple):
    """The outcome of a report, and the update to record, if any."""

    outcome: Outcome
    update: StateUpdate | None = None


IGNORED = frozenset({Outcome.OTHER_NUMBER, Outcome.OTHER_ACCOUNT})
"""Outcomes of reports that may be forged."""


def outcome_without_message(report: Report | None, client_ids: Iterable[str]) -> Outcome | None:
    """Return the outcome of a report if it does not depend on the message, or None if it does.

    Args:
        report: the report; None if it could not be read.
        client_ids: those of our accounts.
    """
    if report is None:
        return Outcome.MALFORMED
    if not any(_is_from(report, client_id) for client_id in client_ids):
        return Outcome.OTHER_ACCOUNT
    return None if report.status.status.is_final else Outcome.NOT_FINAL


def decide(report: Report, message: Message | None, client_id: str | None) -> ReportDecision:
    """Decide what a final report of our accounts means for its message.

    Args:
        report: the report.
        message: the message with its tag; None if there is none.
        client_id: that of the message's account; None if we have no such account.
    """
    if message is None:
        return ReportDecision(Outcome.UNKNOWN_TAG)
    if (why := _why_ignored(report, message, client_id)) is not None:
        return ReportDecision(why)
    update = final_update(report.status)
    if message.state in update.expected_states:
        return ReportDecision(Outcome.APPLIED, update)
    if message.state is update.to:
        return ReportDecision(Outcome.REPEATED)
    if message.state in NEVER_SENT:
        # The mark warns operators not to send the message again.
        mark = StateUpdate(client_tag=message.client_tag, expected_states=NEVER_SENT, fields={"contradicted": 1})
        return ReportDecision(Outcome.CONTRADICTION, mark)
    return ReportDecision(Outcome.CONTRADICTION if message.state in UNSENT else Outcome.OUTDATED)


def _why_ignored(report: Report, message: Message, client_id: str | None) -> Outcome | None:
    """Return why a report is ignored. None if account and number are those of its message."""
    if client_id is None or not _is_from(report, client_id):
        return Outcome.OTHER_ACCOUNT
    if not message.to:
        return Outcome.SEALED if message.sealed else Outcome.ERASED
    return None if is_same_number(report.status.phone_number, message.to) else Outcome.OTHER_NUMBER


def _is_from(report: Report, client_id: str) -> bool:
    """Return whether a report may come from an account. One that names none may come from each."""
    return report.client_id is None or report.client_id.lstrip("0") == client_id.lstrip("0")
