"""The oracle compares the store and the answers of the product, message by message, with what the provider did.

It is used by the demo, the chaos test and other tests. It does no I/O: each check returns the messages that are wrong.
"""

from collections.abc import Callable, Sequence

from zettai_demo.evidence import Evidence
from zettai_demo.oracle import changes, events, limit, messages
from zettai_demo.oracle.check import Check

CHECKS: Sequence[Callable[[Evidence], Check]] = (
    messages.none_lost,
    messages.one_final_state,
    messages.no_work_left,
    messages.accepted_once,
    messages.unchanged,
    messages.carrier_result,
    messages.never_sent,
    changes.cancel_outcomes,
    changes.group_outcomes,
    changes.suppressed_not_sent,
    changes.one_of_both_sent,
    messages.refused_not_stored,
    events.events_complete,
    events.events_received,
    limit.within_limit,
)


def run_checks(evidence: Evidence) -> list[Check]:
    """Run all checks; without a webhook endpoint, all but that of its events."""
    checks = [check for check in CHECKS if check is not events.events_received or evidence.received_events is not None]
    return [check(evidence) for check in checks]
