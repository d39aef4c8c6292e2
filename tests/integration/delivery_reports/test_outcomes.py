"""What reports do to messages, through the real server and a real store."""

import pytest
from structlog.testing import capture_logs
from tests.integration.delivery_reports.given import NUMBER, Receiver, as_json, counting, notification, without
from tests.support.store_helpers import MINUTE, accepted, claim_one, message_of, new_message, update_one

from zettai.core.states import AT_PROVIDER, NEVER_SENT, State
from zettai.core.store import WorkerStore


def in_state(store: WorkerStore, state: State) -> str:
    """Create a message in a state."""
    one = new_message()
    store.create([one])
    if state is State.QUEUED:
        return one.client_tag
    claim_one(store, one.client_tag)
    if state is not State.SUBMITTING:
        update_one(store, one.client_tag, state, due_in=MINUTE)
    return one.client_tag


def test_report_sets_the_final_state_and_cancels_the_status_check(receiver: Receiver, store: WorkerStore) -> None:
    tag = accepted(store)

    with counting() as counted:
        status = receiver.post(as_json(notification(tag, separatedSuccessCount=2)))

    found = message_of(store, tag)
    assert (status, found.state, found.reason, found.parts) == (200, State.DELIVERED, "statusId 2", 2)
    assert store.redis.zscore(store.keys.due_to_check, tag) is None
    assert counted == {"applied": 1}


def test_failure_is_recorded_with_its_cause(receiver: Receiver, store: WorkerStore) -> None:
    tag = accepted(store)

    receiver.post(as_json(notification(tag, statusId=3, detailedStatusId="31732")))

    found = message_of(store, tag)
    assert (found.state, found.reason, found.detail) == (State.UNDELIVERED, "statusId 3 31732", "31732")


@pytest.mark.parametrize(("status_id", "parts"), [(2, 3), (3, None)])
def test_parts_of_a_report_count_for_a_delivery_only(
    receiver: Receiver, store: WorkerStore, status_id: int, parts: int | None
) -> None:
    tag = accepted(store)

    receiver.post(as_json(notification(tag, statusId=status_id, separatedSuccessCount=3)))

    found = message_of(store, tag)
    assert (found.parts, found.carrier_found) == (parts, "docomo")


def test_report_with_another_sender_code_counts(receiver: Receiver, store: WorkerStore) -> None:
    """Tag and number prove which message it is. The code may be shown differently, like the text."""
    tag = accepted(store, sender="77777")

    receiver.post(as_json(notification(tag, smsCode=88888)))

    assert message_of(store, tag).state is State.DELIVERED


@pytest.mark.parametrize("state", [State.SUBMITTING, State.SUBMIT_UNKNOWN, *sorted(AT_PROVIDER)])
@pytest.mark.parametrize(("status_id", "end"), [(2, State.DELIVERED), (3, State.UNDELIVERED)])
def test_final_report_counts_in_every_state_after_sending(
    receiver: Receiver, store: WorkerStore, state: State, status_id: int, end: State
) -> None:
    tag = in_state(store, state)

    receiver.post(as_json(notification(tag, statusId=status_id)))

    assert message_of(store, tag).state is end


@pytest.mark.parametrize("stale", [State.ACCEPTED, State.SUBMIT_UNKNOWN, State.QUEUED, State.REJECTED])
def test_late_response_to_the_send_changes_nothing(receiver: Receiver, store: WorkerStore, stale: State) -> None:
    tag = in_state(store, State.SUBMITTING)
    receiver.post(as_json(notification(tag)))

    assert update_one(store, tag, stale, due_in=MINUTE) is None

    assert message_of(store, tag).state is State.DELIVERED
    assert claim_one(store, tag, "another") is None
    assert not store.redis.zscore(store.keys.due_to_send, tag)


@pytest.mark.parametrize("state", [State.UNDELIVERED, State.DELIVERY_UNKNOWN])
def test_late_success_changes_a_failure_to_delivered(receiver: Receiver, store: WorkerStore, state: State) -> None:
    tag = in_state(store, state)

    receiver.post(as_json(notification(tag)))

    assert message_of(store, tag).state is State.DELIVERED


def test_late_failure_does_not_change_delivered(receiver: Receiver, store: WorkerStore) -> None:
    tag = accepted(store)
    receiver.post(as_json(notification(tag, separatedSuccessCount=2)))
    before = message_of(store, tag)

    with counting() as counted:
        status = receiver.post(as_json(notification(tag, statusId=3, separatedSuccessCount=0)))

    assert (status, counted, message_of(store, tag)) == (200, {"outdated": 1}, before)


def test_failure_does_not_change_delivery_unknown(receiver: Receiver, store: WorkerStore) -> None:
    tag = in_state(store, State.DELIVERY_UNKNOWN)

    receiver.post(as_json(notification(tag, statusId=3)))

    assert message_of(store, tag).state is State.DELIVERY_UNKNOWN


def test_repeated_report_changes_nothing(receiver: Receiver, store: WorkerStore) -> None:
    tag = accepted(store)
    report = as_json(notification(tag))
    receiver.post(report)
    before = message_of(store, tag)

    with counting() as counted:
        status = receiver.post(report)

    assert (status, counted, message_of(store, tag)) == (200, {"repeated": 1}, before)


@pytest.mark.parametrize("state", [State.QUEUED, *sorted(NEVER_SENT)])
def test_report_of_a_message_never_sent_is_logged_as_error(
    receiver: Receiver, store: WorkerStore, state: State
) -> None:
    tag = in_state(store, state)

    with capture_logs() as logs, counting() as counted:
        status = receiver.post(as_json(notification(tag)))

    found = message_of(store, tag)
    assert (status, counted, found.state) == (200, {"contradiction": 1}, state)
    assert found.contradicted is (state in NEVER_SENT)
    [line] = [line for line in logs if line["event"] != "request"]
    assert (line["event"], line["log_level"], line["client_tag"]) == ("report_contradicts_record", "error", tag)


@pytest.mark.parametrize("status_id", [0, 1, "0", "1", None, "", "new", 4, True, 2.0, [], {}, 10**30])
def test_report_without_final_status_changes_nothing(receiver: Receiver, store: WorkerStore, status_id: object) -> None:
    tag = accepted(store)
    before = message_of(store, tag)

    with counting() as counted:
        status = receiver.post(as_json(notification(tag, statusId=status_id)))

    assert (status, counted, message_of(store, tag)) == (200, {"not_final": 1}, before)


def test_report_with_unknown_tag_is_counted(receiver: Receiver) -> None:
    with counting() as counted:
        assert receiver.post(as_json(notification("nobody"))) == 200
    assert counted == {"unknown_tag": 1}


def test_report_with_another_number_is_ignored(receiver: Receiver, store: WorkerStore) -> None:
    tag = accepted(store)

    with capture_logs() as logs, counting() as counted:
        status = receiver.post(as_json(notification(tag, phoneNumber="+818087654321")))

    assert (status, counted, message_of(store, tag).state) == (200, {"other_number": 1}, State.ACCEPTED)
    [line] = [line for line in logs if line["event"] != "request"]
    assert (line["event"], line["client_tag"]) == ("report_ignored", tag)
    assert (line["sent_to"], line["reported"]) == ("+81********78", "+81********21")


def test_report_of_another_account_is_ignored(receiver: Receiver, store: WorkerStore) -> None:
    tag = accepted(store)

    with counting() as counted:
        status = receiver.post(as_json(notification(tag, clientId="9999")))

    assert (status, counted, message_of(store, tag).state) == (200, {"other_account": 1}, State.ACCEPTED)


@pytest.mark.parametrize("number", [NUMBER, "09012345678", "819012345678", " 819012345678"])
def test_number_may_have_any_form(receiver: Receiver, store: WorkerStore, number: str) -> None:
    tag = accepted(store)

    receiver.post(as_json(notification(tag, phoneNumber=number)))

    assert message_of(store, tag).state is State.DELIVERED


def test_several_reports_of_one_message_are_applied_in_order(receiver: Receiver, store: WorkerStore) -> None:
    tag = accepted(store)
    failed, delivered = notification(tag, statusId=3), notification(tag)

    with counting() as counted:
        receiver.post(as_json(failed, delivered, failed, delivered))

    assert counted == {"applied": 2, "repeated": 2}
    assert [event.state for event in message_of(store, tag).history][-2:] == [State.UNDELIVERED, State.DELIVERED]


def test_many_reports_in_one_request_are_applied(receiver: Receiver, store: WorkerStore) -> None:
    tags = [accepted(store) for _ in range(450)]

    with counting() as counted:
        status = receiver.post(as_json(*(without(tag, "messageText") for tag in tags)))

    assert (status, counted) == (200, {"applied": 450})


def test_report_ends_a_pending_cancel(receiver: Receiver, store: WorkerStore) -> None:
    tag = in_state(store, State.SUBMITTING)
    store.cancel([tag])

    receiver.post(as_json(notification(tag)))

    found = message_of(store, tag)
    assert (found.state, found.cancel_requested) == (State.DELIVERED, False)


def test_report_erases_the_message_text(receiver: Receiver, store: WorkerStore) -> None:
    tag = in_state(store, State.SUBMITTING)

    receiver.post(as_json(notification(tag)))

    assert store.redis.get(store.keys.body(tag)) is None
