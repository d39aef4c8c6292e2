"""`DeliveryReportHandler`, as a view of a web app uses it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from structlog.testing import capture_logs
from tests.integration.delivery_reports.given import Receiver, as_json, notification
from tests.support.store_helpers import accepted

from zettai import LedgerUnavailable, Settings, SettingsError
from zettai.core.delivery_reports import DeliveryReportHandler, Outcome, UnreadableReport
from zettai.core.states import State
from zettai.core.store import WorkerStore


def test_report_sets_the_final_state(redis_url: str, store: WorkerStore) -> None:
    told: list[Outcome] = []
    tag = accepted(store)
    with DeliveryReportHandler(Settings.load(redis_url=redis_url, client_id="1234"), on_outcome=told.append) as handler:
        body = as_json(notification(tag))
        handler.handle(body)
        handler.handle(body)

    assert store.get([tag])[0].state is State.DELIVERED  # type: ignore[union-attr]
    assert told == ["applied", "repeated"]


def test_threads_share_a_handler(redis_url: str, receiver: Receiver) -> None:
    told: list[Outcome] = []
    tags = [accepted(receiver.store) for _ in range(40)]
    settings = Settings.load(redis_url=redis_url, client_id="1234")
    with DeliveryReportHandler(settings, on_outcome=told.append) as handler, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda tag: handler.handle(as_json(notification(tag))), tags))

    assert told == ["applied"] * 40


def test_unreadable_body_raises(redis_url: str) -> None:
    told: list[Outcome] = []
    settings = Settings.load(redis_url=redis_url, client_id="1234")
    with (
        DeliveryReportHandler(settings, on_outcome=told.append) as handler,
        capture_logs() as logs,
        pytest.raises(UnreadableReport, match="no field json"),
    ):
        handler.handle(b"text=my secret")

    assert told == ["malformed"]
    assert [line["event"] for line in logs] == ["report_unreadable"]
    assert "secret" not in str(logs)


def test_handler_raises_without_redis() -> None:
    with DeliveryReportHandler(Settings.load(redis_url="redis://127.0.0.1:1", client_id="1234")) as handler:
        with pytest.raises(LedgerUnavailable):
            handler.handle(as_json(notification("anybody")))
        with pytest.raises(LedgerUnavailable):
            handler.ping()


def test_handler_requires_a_client_id() -> None:
    with pytest.raises(SettingsError, match="ZETTAI_CLIENT_ID"):
        DeliveryReportHandler.from_env()
