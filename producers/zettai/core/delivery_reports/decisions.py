"""Decide what a delivery report means for its message. Pure functions; `recorder` reads and records."""

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
    OTHER_ACCOUNT = "other_account"
    """It names another account. Ignored."""
    MALFORMED = "malformed"
    """It cannot be parsed."""


class ReportDecision(NamedTuple):
    """The outcome of a report, and the update to record, if any."""

    outcome: Outcome
    update: StateUpdate | None = None


IGNORED = frozenset({Outcome.OTHER_NUMBER, Outcome.OTHER_ACCOUNT})
"""Outcomes of reports that may be forged."""


def outcome_without_message(report: Report | None, client_id: str) -> Outcome | None:
    """Return the outcome of a report if it does not depend on the message, or None if it does."""
    if report is None:
        return Outcome.MALFORMED
    if report.client_id is not None and report.client_id.lstrip("0") != client_id.lstrip("0"):
        return Outcome.OTHER_ACCOUNT
    return None if report.status.status.is_final else Outcome.NOT_FINAL


def decide(report: Report, message: Message | None) -> ReportDecision:
    """Decide what a final report of our account means for its message."""
    if message is None:
        return ReportDecision(Outcome.UNKNOWN_TAG)
    if not is_same_number(report.status.phone_number, message.to):
        return ReportDecision(Outcome.OTHER_NUMBER)
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
