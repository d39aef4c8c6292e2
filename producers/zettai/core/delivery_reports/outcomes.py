"""What a report means for the message that it names: a pure decision. Who reads and records is the `recorder`."""

from enum import StrEnum
from typing import NamedTuple

from zettai.core.aossms.final_status import ended
from zettai.core.delivery_reports.parsing import Report
from zettai.core.message import Message
from zettai.core.states import NEVER_SENT, UNSENT
from zettai.core.store import StateUpdate


class Outcome(StrEnum):
    """What became of a report."""

    APPLIED = "applied"
    """It ended a message, or raised its end to `delivered`."""
    REPEATED = "repeated"
    """The same end is known already."""
    OUTDATED = "outdated"
    """It tells of a failure, and the message has a better end, or is given up: ends never move backwards."""
    NOT_FINAL = "not_final"
    """It tells of no end, so it changes nothing."""
    CONTRADICTION = "contradiction"
    """It tells of the end of a message which, as far as we know, was never sent: its state stays."""
    UNKNOWN_TAG = "unknown_tag"
    """We know no such message: it is another system's on the same account, or older than the retention time."""
    OTHER_NUMBER = "other_number"
    """We sent that message to another number. Not believed."""
    OTHER_ACCOUNT = "other_account"
    """It names an account that is not ours. Not believed."""
    MALFORMED = "malformed"
    """It cannot be read."""


class Verdict(NamedTuple):
    """What a report means, and what is to be recorded of it, if anything."""

    outcome: Outcome
    order: StateUpdate | None = None


NOT_BELIEVED = frozenset({Outcome.OTHER_NUMBER, Outcome.OTHER_ACCOUNT})


def at_first_sight(report: Report | None, client_id: str) -> Outcome | None:
    """What can be said of a report without knowing the message; None is nothing."""
    if report is None:
        return Outcome.MALFORMED
    if report.client_id is not None and report.client_id.lstrip("0") != client_id.lstrip("0"):
        return Outcome.OTHER_ACCOUNT
    return None if report.status.status.is_final else Outcome.NOT_FINAL


def judge(report: Report, message: Message | None) -> Verdict:
    """What a final report of our account means."""
    if message is None:
        return Verdict(Outcome.UNKNOWN_TAG)
    if _national(report.status.phone_number) != _national(message.to):
        return Verdict(Outcome.OTHER_NUMBER)
    order = ended(report.status)
    if message.state in order.expected_states:
        return Verdict(Outcome.APPLIED, order)
    if message.state is order.to:
        return Verdict(Outcome.REPEATED)
    if message.state in NEVER_SENT:
        # So that nobody sends it once more by hand.
        mark = StateUpdate(client_tag=message.client_tag, expected_states=NEVER_SENT, fields={"contradicted": 1})
        return Verdict(Outcome.CONTRADICTION, mark)
    return Verdict(Outcome.CONTRADICTION if message.state in UNSENT else Outcome.OUTDATED)


def _national(number: str) -> str:
    """A number without its country or trunk code; no Japanese one begins with 81 or 0 behind that.

    A plus that was not escaped in the form has become a blank.
    """
    return number.strip().removeprefix("+").removeprefix("81").removeprefix("0")
