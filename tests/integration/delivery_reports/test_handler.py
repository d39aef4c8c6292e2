"""Taking reports with one call, as a web app does in a view of its own."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from structlog.testing import capture_logs
from tests.integration.delivery_reports.given import Receiver, as_json, notification
from tests.support.store_helpers import accepted

from zettai import LedgerUnavailable, Settings, SettingsError
from zettai.core.delivery_reports import DeliveryReportHandler, Outcome, UnreadableReport
from zettai.core.states import State
from zettai.core.store import WorkerStore


def test_a_report_ends_its_message(redis_url: str, store: WorkerStore) -> None:
    """With nothing but the settings of a web app; what became of it is told."""
    told: list[Outcome] = []
    tag = accepted(store)
    with DeliveryReportHandler(Settings.load(redis_url=redis_url, client_id="1234"), on_outcome=told.append) as handler:
        body = as_json(notification(tag))
        handler.handle(body)
        handler.handle(body)

    assert store.get([tag])[0].state is State.DELIVERED  # type: ignore[union-attr]
    assert told == ["applied", "repeated"]


def test_threads_share_one(redis_url: str, receiver: Receiver) -> None:
    """Each report ends its own message."""
    told: list[Outcome] = []
    tags = [accepted(receiver.store) for _ in range(40)]
    settings = Settings.load(redis_url=redis_url, client_id="1234")
    with DeliveryReportHandler(settings, on_outcome=told.append) as handler, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda tag: handler.handle(as_json(notification(tag))), tags))

    assert told == ["applied"] * 40


def test_what_is_no_report_is_told(redis_url: str) -> None:
    """With the reason, and nothing of the body."""
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


def test_without_redis_the_caller_can_tell() -> None:
    """And answers so that the provider comes again."""
    with DeliveryReportHandler(Settings.load(redis_url="redis://127.0.0.1:1", client_id="1234")) as handler:
        with pytest.raises(LedgerUnavailable):
            handler.handle(as_json(notification("anybody")))
        with pytest.raises(LedgerUnavailable):
            handler.ping()


def test_an_account_is_needed() -> None:
    """Or reports of any account would be believed."""
    with pytest.raises(SettingsError, match="ZETTAI_CLIENT_ID"):
        DeliveryReportHandler.from_env()
