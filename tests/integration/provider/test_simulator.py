"""The calls with the simulator: successes, and each of its faults."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import trustme
from tests.integration.provider.faulty_server import Connect
from tests.integration.provider.given import CLIENT_ID, TOKEN

from zettai_simulator import SimulatorProcess
from zettai_worker.provider import (
    Ambiguous,
    ProviderClient,
    ProviderError,
    Refused,
    ResponseCode,
    SendRequest,
    StatusId,
    Throttled,
)

JST = ZoneInfo("Asia/Tokyo")


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorProcess]:
    """One simulator for all tests of this file."""
    with SimulatorProcess(token=TOKEN, client_id=CLIENT_ID, limit=0, delivery_after=0, hang_for=60) as process:
        yield process


@pytest.fixture
def simulator(running: SimulatorProcess) -> SimulatorProcess:
    """The simulator after a reset."""
    running.reset()
    return running


@pytest.fixture
def client(simulator: SimulatorProcess, connect: Connect) -> ProviderClient:
    """A client of the simulator."""
    made: ProviderClient = connect(simulator.url)
    return made


@pytest.fixture
def reservation(message: SendRequest) -> SendRequest:
    """A message for tomorrow, in a group."""
    tomorrow = datetime.now(JST).replace(second=0, microsecond=0) + timedelta(days=1)
    return replace(message, schedule_time=tomorrow, group_tag="group 1+1")


def test_message_is_accepted_and_delivered_unchanged(
    simulator: SimulatorProcess, client: ProviderClient, message: SendRequest
) -> None:
    answer = client.send(message)
    assert (answer.phone_number, answer.message) == ("+819012345678", message.message)
    assert simulator.record_of("tag-1")["message"] == message.message
    (status,) = client.status("tag-1")
    assert (status.status, status.client_tag, status.phone_number) == (StatusId.DELIVERED, "tag-1", "+819012345678")
    assert status.message == message.message
    assert status.parts is not None
    assert status.at is not None
    assert [one.client_tag for one in client.statuses_of(status.at.astimezone(JST).date())] == ["tag-1"]


def test_unknown_tag_has_no_statuses(client: ProviderClient) -> None:
    assert client.status("nobody") == []


def test_reservation_is_found_by_tag_and_day_until_canceled(client: ProviderClient, reservation: SendRequest) -> None:
    assert reservation.schedule_time is not None
    client.send(reservation)
    (found,) = client.check_reservations(client_tag="tag-1")
    assert (found.client_tag, found.phone_number, found.message, found.schedule_time) == (
        "tag-1",
        "+819012345678",
        reservation.message,
        reservation.schedule_time,
    )
    assert client.check_reservations(schedule_date=reservation.schedule_time.date()) == [found]
    assert client.check_reservations(schedule_date=reservation.schedule_time.date(), group_tag="group 1+1") == [found]
    assert client.check_reservations(schedule_date=reservation.schedule_time.date(), group_tag="other") == []
    client.cancel_reservation("tag-1")
    assert client.check_reservations(client_tag="tag-1") == []


def test_only_the_given_group_is_canceled(client: ProviderClient, reservation: SendRequest) -> None:
    """A `+` in its name is no space."""
    client.send(reservation)
    client.send(replace(reservation, client_tag="tag-2", group_tag="group 1 1"))
    client.cancel_reservations(group_tag="group 1+1")
    assert client.check_reservations(client_tag="tag-1") == []
    assert len(client.check_reservations(client_tag="tag-2")) == 1
    client.cancel_all_reservations(confirm_client_id=CLIENT_ID)
    assert client.check_reservations(client_tag="tag-2") == []


def test_repeated_tag_is_refused(client: ProviderClient, message: SendRequest) -> None:
    client.send(message)
    with pytest.raises(Refused) as caught:
        client.send(message)
    assert caught.value.code == ResponseCode.DUPLICATE_TAG


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"phone_number": "0312345678"}, ResponseCode.INVALID),
        ({"message": "x" * 661}, ResponseCode.TOO_LONG),
        ({"client_tag": "x" * 201}, ResponseCode.TOO_LONG),
        ({"schedule_time": datetime(2020, 1, 1, tzinfo=UTC)}, None),
    ],
)
def test_invalid_message_is_refused_with_code_and_message(
    client: ProviderClient, message: SendRequest, change: dict[str, Any], code: int | None
) -> None:
    with pytest.raises(Refused) as caught:
        client.send(replace(message, **change))
    assert code in {None, caught.value.code}
    assert caught.value.provider_message


def test_cancel_after_sending_is_refused_with_code_130(
    simulator: SimulatorProcess, client: ProviderClient, reservation: SendRequest
) -> None:
    client.send(reservation)
    simulator.make_due("tag-1")
    with pytest.raises(Refused) as caught:
        client.cancel_reservation("tag-1")
    assert caught.value.code == ResponseCode.ALREADY_SENT


def test_exceeded_quota_is_refused_with_code_300(
    simulator: SimulatorProcess, client: ProviderClient, message: SendRequest
) -> None:
    simulator.set_quota(0)
    with pytest.raises(Refused) as caught:
        client.send(message)
    assert caught.value.code == ResponseCode.QUOTA_USED_UP


def test_wrong_client_id_concerns_the_account(
    simulator: SimulatorProcess, connect: Connect, message: SendRequest
) -> None:
    with pytest.raises(Refused) as caught:
        connect(simulator.url, client_id="9999").send(message)
    assert caught.value.concerns_account


@pytest.mark.parametrize(
    ("kind", "error", "taken"),
    [
        ("cut_before", Ambiguous, 0),
        ("cut_after", Ambiguous, 1),
        ("error_after", Ambiguous, 1),
        ("system_error", Ambiguous, 0),
        ("system_error_after", Ambiguous, 1),
        ("broken_json", Ambiguous, 1),
        ("html", Ambiguous, 1),
        ("hang_after", Ambiguous, 1),
        ("unavailable", Ambiguous, 0),
        ("throttled", Throttled, 0),
        ("quota", Refused, 0),
    ],
)
def test_each_fault_has_its_error_and_causes_no_retry(
    *,
    simulator: SimulatorProcess,
    connect: Connect,
    message: SendRequest,
    kind: str,
    error: type[ProviderError],
    taken: int,
) -> None:
    simulator.set_faults({"kind": kind, "times": 1})
    with pytest.raises(ProviderError) as caught:
        connect(simulator.url, read_timeout=timedelta(seconds=2)).send(message)
    assert type(caught.value) is error
    assert caught.value.sent or not taken
    assert len(simulator.records()) == taken
    assert len(simulator.arrivals()) == 1


def test_throttled_has_the_retry_after(
    simulator: SimulatorProcess, client: ProviderClient, message: SendRequest
) -> None:
    simulator.set_limit(1, retry_after=7)
    client.status("nobody")
    with pytest.raises(Throttled) as caught:
        client.send(message)
    assert (caught.value.retry_after, caught.value.throttle) == (timedelta(seconds=7), True)


def test_threads_that_share_a_client_get_their_own_answers(
    simulator: SimulatorProcess, connect: Connect, message: SendRequest
) -> None:
    outcomes: list[tuple[str, str, float]] = []
    client = connect(simulator.url, pool_size=4, on_call=lambda *call: outcomes.append(call))

    def send_and_ask(number: int) -> tuple[str | None, str | None]:
        request = replace(message, client_tag=f"tag-{number}", message=f"message {number}")
        return client.send(request).message, client.status(f"tag-{number}")[0].message

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(send_and_ask, range(100)))
    assert answers == [(f"message {number}", f"message {number}") for number in range(100)]
    assert {outcome for _, outcome, _ in outcomes} == {"success"}
    assert len(outcomes) == 200


def test_client_calls_the_simulator_over_tls(connect: Connect, message: SendRequest, tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    issued.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "server.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    pem = tmp_path / "server.pem"
    with SimulatorProcess(token=TOKEN, client_id=CLIENT_ID, certificate=pem, key=pem) as process:
        client = connect(process.url, ca_file=tmp_path / "ca.pem")
        assert client.send(message).phone_number == "+819012345678"
        assert len(client.status("tag-1")) == 1
        client.close()
