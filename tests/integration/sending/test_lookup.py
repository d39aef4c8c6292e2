"""Look-ups: what a row of the provider proves, and what a refusal does not prove."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from zettai.core.message import Message
from zettai_simulator import SimulatorProcess
from zettai_worker.metrics.worker_metrics import WorkerMetrics
from zettai_worker.provider import ProviderClient, Refused, SendRequest
from zettai_worker.sending.lookup import LookupResult, look_up

BODY = " 1\r\n2 😀 https://ai9.jp/0PT0UT "


class Find:
    """Sends messages and looks them up."""

    def __init__(self, provider: ProviderClient, metrics: WorkerMetrics) -> None:
        self._provider = provider
        self._metrics = metrics

    def send(self, message: Message, body: str = BODY) -> None:
        request = SendRequest(
            phone_number=message.to,
            message=body,
            client_tag=message.client_tag,
            schedule_time=message.send_at,
            sms_code=message.sms_code,
        )
        self._provider.send(request, before_send=_at_once)

    def __call__(self, message: Message, body: str | None = BODY) -> LookupResult:
        return look_up(self._provider, message, body, _at_once, self._metrics)


@pytest.fixture
def find(provider: ProviderClient, metrics: WorkerMetrics) -> Find:
    return Find(provider, metrics)


def test_unknown_tag_is_not_found(find: Find, message: Message, reservation: Message) -> None:
    assert find(message) is find(reservation) is LookupResult.NOT_FOUND


def test_sent_and_reserved_messages_are_found(find: Find, message: Message, reservation: Message) -> None:
    find.send(message)
    later = replace(reservation, client_tag="tag-2")
    find.send(later)

    assert (find(message), find(later)) == (LookupResult.SENT, LookupResult.RESERVED)


def test_reservation_is_found_under_the_code_that_it_was_sent_from(find: Find, reservation: Message) -> None:
    mine = replace(reservation, sender="77777", sms_code="77777")
    find.send(mine)

    assert find(mine) is LookupResult.RESERVED
    assert find(reservation) is LookupResult.NOT_FOUND


def test_rewritten_text_and_number_are_found_and_reported(
    find: Find, message: Message, simulator: SimulatorProcess, metrics: WorkerMetrics
) -> None:
    simulator.set_behavior(rewrites=True, local_numbers=True)
    find.send(message)

    with capture_logs() as logs:
        assert find(message) is LookupResult.SENT

    assert logs == [{"event": "text_differs", "log_level": "info", "client_tag": "tag-1"}]
    assert metrics.text_differences._value.get() == 1


def test_other_number_under_our_tag_is_another_message(find: Find, message: Message) -> None:
    find.send(replace(message, to="+819012345679"))

    assert find(message) is LookupResult.OTHER_MESSAGE


def test_other_text_is_another_message_only_without_an_attempt_of_ours(find: Find, message: Message) -> None:
    find.send(message, "theirs")

    assert find(message) is LookupResult.SENT
    assert find(replace(message, unknown_since=None)) is LookupResult.OTHER_MESSAGE


def test_masked_number_under_our_tag_proves_nothing(
    find: Find, message: Message, provider: ProviderClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    find.send(message)
    masked = [replace(row, phone_number="+81********78") for row in provider.status(message.client_tag)]
    monkeypatch.setattr(provider, "status", lambda *_tag, **_hook: masked)

    assert find(message) is LookupResult.FAILED


def test_longer_tag_of_another_message_is_not_ours(find: Find, message: Message, simulator: SimulatorProcess) -> None:
    simulator.set_behavior(prefix_match=True)
    find.send(replace(message, client_tag="tag-12"))

    assert find(message) is LookupResult.NOT_FOUND


@pytest.mark.parametrize("kind", ["rows_of_others", "rows_twice"])
def test_other_rows_do_not_hide_ours(find: Find, message: Message, simulator: SimulatorProcess, kind: str) -> None:
    find.send(message)
    simulator.set_faults({"kind": kind, "endpoint": "status"})

    assert find(message) is LookupResult.SENT


def test_reservation_is_asked_for_only_with_a_send_time(
    find: Find, message: Message, simulator: SimulatorProcess
) -> None:
    find(message)

    assert [endpoint for _, endpoint in simulator.arrivals()] == ["status"]


@pytest.mark.parametrize("code", [-1, 100, 110, 120, 130, 140, 200, 310])
def test_refused_question_for_a_reservation_proves_nothing(
    find: Find, reservation: Message, simulator: SimulatorProcess, code: int
) -> None:
    simulator.set_faults({"kind": "code", "endpoint": "checkreservation", "code": code, "text": "?"})
    with pytest.raises(Refused):
        find(reservation)

    find.send(replace(reservation, send_at=None))
    assert find(reservation) is LookupResult.SENT


def _at_once() -> None:
    """Wait for no slot."""
