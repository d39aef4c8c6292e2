"""Delivery reports through each framework: what is recorded, and the response."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from structlog.testing import capture_logs
from tests.integration.contrib.report_clients import APPS, SECRET, SendReport
from tests.integration.delivery_reports.given import as_json, notification
from tests.support.store_helpers import accepted, state_of

from zettai import State
from zettai.core.delivery_reports import MAX_BODY_SIZE
from zettai.core.store import WorkerStore

AppFactory = Callable[..., AbstractContextManager[SendReport]]


@pytest.fixture(params=APPS)
def app_factory(request: pytest.FixtureRequest, django_project: None) -> AppFactory:
    """Return the factory of the app of each framework."""
    return APPS[request.param]


def test_report_sets_the_final_state(app_factory: AppFactory, redis_url: str, store: WorkerStore) -> None:
    tag = accepted(store)
    with app_factory(REDIS_URL=redis_url) as send:
        assert send(as_json(notification(tag))) == 200
        assert send(as_json(notification(tag))) == 200

    assert state_of(store, tag) is State.DELIVERED


def test_wrong_secret_is_not_found(app_factory: AppFactory, redis_url: str, store: WorkerStore) -> None:
    tag = accepted(store)
    with app_factory(REDIS_URL=redis_url) as send:
        for secret in (SECRET[:-1], f"{SECRET}0", SECRET.upper(), "0", "%F0%9F%93%B1", "%FF"):
            assert send(as_json(notification(tag)), secret=secret) == 404, secret

    assert state_of(store, tag) is State.ACCEPTED


def test_only_post_is_allowed(app_factory: AppFactory, redis_url: str) -> None:
    with app_factory(REDIS_URL=redis_url) as send:
        for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"):
            assert send(b"", method=method) == 405, method


def test_body_without_reports_is_rejected(app_factory: AppFactory, redis_url: str) -> None:
    with app_factory(REDIS_URL=redis_url) as send:
        assert send(b"json={") == 400
        assert send(b"") == 400


def test_oversized_body_is_rejected(app_factory: AppFactory, redis_url: str) -> None:
    with app_factory(REDIS_URL=redis_url) as send:
        assert send(b"x" * MAX_BODY_SIZE) == 400
        answer = send(b"x" * (MAX_BODY_SIZE + 1))
        assert (answer, "The body may have 1,000,000 bytes at most." in answer.text) == (413, True)


def test_reports_without_redis_get_503(app_factory: AppFactory) -> None:
    with app_factory(REDIS_URL="redis://:geheim@127.0.0.1:1") as send, capture_logs() as logs:
        assert send(as_json(notification("anybody"))) == 503

    assert [line["event"] for line in logs] == ["reports_not_recorded"]
    assert "geheim" not in str(logs)


def test_secret_is_not_logged(app_factory: AppFactory, redis_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with app_factory(REDIS_URL=redis_url) as send, capture_logs() as logs:
        send(b"json={")
        send(b"", method="GET")
        send(b"x" * (MAX_BODY_SIZE + 1))
    with app_factory(REDIS_URL="redis://127.0.0.1:1") as send, capture_logs() as more:
        send(as_json(notification("anybody")))

    assert SECRET not in str([vars(record) for record in caplog.records]) + str(logs) + str(more)


def test_reports_without_a_configured_secret_fail(app_factory: AppFactory, redis_url: str) -> None:
    with app_factory(REDIS_URL=redis_url, REPORT_SECRET=None) as send:
        assert send(as_json(notification("anybody"))) == 500
        assert send(as_json(notification("anybody")), secret="None") == 500
