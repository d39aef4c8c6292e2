"""Delivery reports through each framework: what is recorded, and what the provider is told."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from structlog.testing import capture_logs
from tests.integration.contrib.doors import DOORS, SECRET, Bring
from tests.integration.delivery_reports.given import as_json, notification
from tests.support.store_helpers import accepted, state_of

from zettai import State
from zettai.core.delivery_reports import MAX_BODY_SIZE
from zettai.core.store import WorkerStore

Door = Callable[..., AbstractContextManager[Bring]]


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest, django_project: None) -> Door:
    """An app's door, made by its settings."""
    return DOORS[request.param]


def test_a_report_ends_its_message(door: Door, redis_url: str, store: WorkerStore) -> None:
    """And the provider is told not to come again; when it does, that is well too."""
    tag = accepted(store)
    with door(REDIS_URL=redis_url) as bring:
        assert bring(as_json(notification(tag))) == 200
        assert bring(as_json(notification(tag))) == 200

    assert state_of(store, tag) is State.DELIVERED


def test_without_the_secret_nothing_is_found(door: Door, redis_url: str, store: WorkerStore) -> None:
    """Whatever is brought."""
    tag = accepted(store)
    with door(REDIS_URL=redis_url) as bring:
        for secret in (SECRET[:-1], f"{SECRET}0", SECRET.upper(), "0", "%F0%9F%93%B1", "%FF"):
            assert bring(as_json(notification(tag)), secret=secret) == 404, secret

    assert state_of(store, tag) is State.ACCEPTED


def test_only_post_is_taken(door: Door, redis_url: str) -> None:
    """The others are told so."""
    with door(REDIS_URL=redis_url) as bring:
        for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"):
            assert bring(b"", method=method) == 405, method


def test_a_body_without_reports_is_refused(door: Door, redis_url: str) -> None:
    """It may have been cut on its way."""
    with door(REDIS_URL=redis_url) as bring:
        assert bring(b"json={") == 400
        assert bring(b"") == 400


def test_a_body_may_be_only_so_large(door: Door, redis_url: str) -> None:
    """No more of it is read."""
    with door(REDIS_URL=redis_url) as bring:
        assert bring(b"x" * MAX_BODY_SIZE) == 400
        assert bring(b"x" * (MAX_BODY_SIZE + 1)) == 413


def test_without_redis_the_provider_is_told_to_come_again(door: Door) -> None:
    """And a line in the log says why."""
    with door(REDIS_URL="redis://:geheim@127.0.0.1:1") as bring, capture_logs() as logs:
        assert bring(as_json(notification("anybody"))) == 503

    assert [line["event"] for line in logs] == ["reports_not_recorded"]
    assert "geheim" not in str(logs)


def test_the_secret_stands_in_no_log(door: Door, redis_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Not even when something goes wrong, which frameworks like to log with the path."""
    caplog.set_level(logging.DEBUG)
    with door(REDIS_URL=redis_url) as bring, capture_logs() as logs:
        bring(b"json={")
        bring(b"", method="GET")
        bring(b"x" * (MAX_BODY_SIZE + 1))
    with door(REDIS_URL="redis://127.0.0.1:1") as bring, capture_logs() as more:
        bring(as_json(notification("anybody")))

    assert SECRET not in str([vars(record) for record in caplog.records]) + str(logs) + str(more)


def test_without_a_secret_nobody_gets_in(door: Door, redis_url: str) -> None:
    """The app fails, and is heard, rather than to answer that all is well."""
    with door(REDIS_URL=redis_url, REPORT_SECRET=None) as bring:
        assert bring(as_json(notification("anybody"))) == 500
        assert bring(as_json(notification("anybody")), secret="None") == 500
