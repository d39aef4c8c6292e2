"""Reports with odd values. Valid values are used, and invalid ones do not affect other reports."""

from typing import Any

import pytest
from tests.integration.delivery_reports.given import Receiver, as_json, counting, notification, without
from tests.support.store_helpers import accepted, message_of

from zettai.core.states import State
from zettai.core.store import WorkerStore

ODD: dict[str, dict[str, Any]] = {
    "carrier null": {"carrierId": None},
    "carrier 999": {"carrierId": "999"},
    "carrier empty": {"carrierId": ""},
    "carrier new": {"carrierId": 104},
    "carrier list": {"carrierId": []},
    "status number": {"statusId": 2},
    "detail unknown": {"detailedStatusId": "71999"},
    "detail number": {"detailedStatusId": 31732},
    "detail object": {"detailedStatusId": {"a": 1}},
    "detail endless": {"detailedStatusId": "9" * 10_000},
    "detail null": {"detailedStatusId": None},
    "time odd": {"dateTime": "tomorrow"},
    "time null": {"dateTime": None},
    "parts text": {"separatedSuccessCount": "2"},
    "parts empty": {"separatedSuccessCount": ""},
    "parts negative": {"separatedSuccessCount": -1},
    "parts huge": {"separatedSuccessCount": 10**300},
    "account number": {"clientId": 1234},
    "account empty": {"clientId": ""},
    "account null": {"clientId": None},
    "type null": {"type": None},
    "text wide": {"messageText": "確認コード🎌"},
    "text half": {"messageText": "\ud83c"},
    "more": {"new": {"field": [1]}},
}


@pytest.mark.parametrize("odd", ODD)
def test_report_with_odd_values_is_applied(receiver: Receiver, store: WorkerStore, odd: str) -> None:
    tag = accepted(store)

    status = receiver.post(as_json(notification(tag, **ODD[odd])))

    found = message_of(store, tag)
    assert (status, found.state) == (200, State.DELIVERED)
    assert found.parts in {None, 1, 2}
    assert found.detail in {None, "00000", "71999", "31732"}


@pytest.mark.parametrize("name", sorted(set(notification("x")) - {"clientTag", "phoneNumber", "statusId"}))
def test_report_with_missing_fields_is_applied(receiver: Receiver, store: WorkerStore, name: str) -> None:
    tag = accepted(store)

    receiver.post(as_json(without(tag, name)))

    assert message_of(store, tag).state is State.DELIVERED


@pytest.mark.parametrize(
    "fields", [{"clientTag": None}, {"clientTag": ""}, {"clientTag": 1}, {"phoneNumber": None}, {"type": "MO"}], ids=str
)
def test_invalid_notification_does_not_affect_others(
    receiver: Receiver, store: WorkerStore, fields: dict[str, Any]
) -> None:
    tag, other = accepted(store), accepted(store)

    with counting() as counted:
        status = receiver.post(as_json(notification(tag), notification(other, **fields), notification("nobody")))

    assert (status, counted) == (200, {"applied": 1, "malformed": 1, "unknown_tag": 1})
    assert (message_of(store, tag).state, message_of(store, other).state) == (State.DELIVERED, State.ACCEPTED)


@pytest.mark.parametrize("row", [None, 1, "text", [], True])
def test_notification_that_is_not_an_object_does_not_affect_others(
    receiver: Receiver, store: WorkerStore, row: object
) -> None:
    tag = accepted(store)

    with counting() as counted:
        receiver.post(as_json(row, notification(tag)))

    assert counted == {"applied": 1, "malformed": 1}
