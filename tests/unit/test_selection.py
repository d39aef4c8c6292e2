"""The filters of `list` and `export`."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from zettai import Carrier, Lane, Message, State
from zettai.core.times import now
from zettai_cli.messages.selection import Selection

AT = now()
HOUR = timedelta(hours=1)
MESSAGE = Message(
    client_tag="t1",
    to="+819012345678",
    lane=Lane.BULK,
    state=State.ACCEPTED,
    since=AT,
    reason="code 0",
    created_at=AT - HOUR,
    expires_at=AT + HOUR,
    group="g",
    carrier=Carrier.KDDI,
    overdue=True,
    sender="77777",
    metadata={"order": "1", "shop": "Osaka"},
)


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({}, True),
        ({"states": (State.ACCEPTED, State.HELD)}, True),
        ({"states": (State.HELD,)}, False),
        ({"group": "g"}, True),
        ({"group": "other"}, False),
        ({"lane": Lane.BULK}, True),
        ({"lane": Lane.URGENT}, False),
        ({"carrier": Carrier.KDDI}, True),
        ({"carrier": Carrier.DOCOMO}, False),
        ({"sender": "77777"}, True),
        ({"sender": "88888"}, False),
        ({"metadata": {"shop": "Osaka"}}, True),
        ({"metadata": {"shop": "Osaka", "order": "2"}}, False),
        ({"metadata": {"city": "Osaka"}}, False),
        ({"since": AT}, True),
        ({"since": AT + HOUR}, False),
        ({"until": AT}, False),
        ({"until": AT + HOUR}, True),
        ({"overdue": True}, True),
        ({"group": "g", "lane": Lane.URGENT}, False),
    ],
)
def test_message_must_match_all_filters(filters: dict[str, Any], *, wanted: bool) -> None:
    assert Selection(**filters).matches(MESSAGE) is wanted


def test_code_of_the_last_attempt_counts_for_a_message_that_names_none() -> None:
    assert Selection(sender="12345").matches(replace(MESSAGE, sender=None, sms_code="12345"))
    assert not Selection(sender="12345").matches(replace(MESSAGE, sender=None))


def test_carrier_that_the_provider_found_counts_before_the_named_one() -> None:
    found = replace(MESSAGE, carrier_found=Carrier.DOCOMO)

    assert Selection(carrier=Carrier.DOCOMO).matches(found)
    assert not Selection(carrier=Carrier.KDDI).matches(found)


@pytest.mark.parametrize("change", [{"overdue": False}, {"state": State.DELIVERED}])
def test_final_message_is_not_overdue(change: dict[str, Any]) -> None:
    assert not Selection(overdue=True).matches(replace(MESSAGE, **change))


def test_only_matching_states_are_scanned() -> None:
    assert Selection().scanned_states == tuple(State)
    assert Selection(states=(State.FAILED, State.QUEUED)).scanned_states == (State.QUEUED, State.FAILED)
    assert Selection(overdue=True).scanned_states == (State.SCHEDULED, State.ACCEPTED, State.SENDING)
    assert Selection(overdue=True, states=(State.QUEUED,)).scanned_states == ()
