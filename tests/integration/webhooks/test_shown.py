"""What `zettai doctor`, `zettai top` and the exporter show about endpoints."""

import json
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from tests.integration.cli.helpers import settings, zettai
from tests.integration.metrics.exported import exporter_of
from tests.integration.webhooks.conftest import Serve
from tests.support.stack import eventually
from tests.support.webhooks import OTHER_SECRET, SECRET, Receiver, append, table

from zettai.core.store import WorkerStore
from zettai.core.store.keys import Keys


@pytest.fixture
def file(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the endpoints, for commands."""
    path = tmp_path / "webhooks-of-doctor.toml"
    given = {**settings(redis_url), "ZETTAI_KEY_PREFIX": "test", "ZETTAI_WEBHOOKS_FILE": str(path)}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return path


def _checks() -> dict[str, dict[str, str]]:
    result = zettai("doctor", "--json")
    assert not any(secret in result.output for secret in (SECRET, OTHER_SECRET, "of-the-url"))
    found: list[dict[str, str]] = json.loads(result.stdout)["checks"]
    return {check["name"]: check for check in found if check["name"].startswith("webhook")}


def test_doctor_passes_while_a_process_delivers(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver, file: Path
) -> None:
    with receiver.listen() as url, serve():
        file.write_text(table(url))
        append(redis, keys, "t1")
        eventually(lambda: receiver.requests, "it arrives")
        eventually(lambda: redis.exists(keys.webhooks), "its state is recorded")
        found = _checks()

    assert {check["result"] for check in found.values()} == {"ok"}
    assert found["webhook delivery"]["found"] == "1 endpoints, none is paused"


def test_doctor_names_what_is_wrong(store: WorkerStore, file: Path) -> None:
    weak = '"whsec_' + "YWFh" * 12 + '"'
    file.write_text(
        table("https://127.0.0.1/?key=of-the-url", secret=weak, more="") + table("https://no.invalid", name="other")
    )
    found = _checks()

    assert {check["result"] for check in found.values()} == {"failed"}
    assert "shop: 127.0.0.1 is inside the own network" in found["webhook addresses"]["found"]
    assert "other: the host name was not found" in found["webhook addresses"]["found"]
    assert found["webhook secrets"]["found"] == "not random: shop"
    assert found["webhook delivery"]["found"] == "no process delivers to other, shop"

    file.write_text("[shop]\n")
    assert _checks()["webhooks"]["found"].endswith("shop.url: must be set")


def test_paused_endpoint_is_shown_everywhere(  # noqa: PLR0917 - fixtures
    redis: Redis, keys: Keys, store: WorkerStore, redis_url: str, serve: Serve, receiver: Receiver, file: Path
) -> None:
    receiver.answer = lambda _id, _data: 410
    with receiver.listen() as url, serve(webhook_retry_cap=600):
        file.write_text(table(url))
        append(redis, keys, "t1")
        eventually(lambda: redis.hget(keys.webhooks, "shop paused_since"), "it is paused")
        eventually(lambda: redis.hget(keys.webhooks, "shop oldest"), "its age is recorded")
        delivery = _checks()["webhook delivery"]
        screen = zettai("top", "--once").stdout
        top: dict[str, Any] = json.loads(zettai("top", "--once", "--json").stdout)["webhooks"][0]
        samples = {
            sample.name: sample.value
            for metric in exporter_of(store, redis_url).collect()
            for sample in metric.samples
            if sample.labels == {"endpoint": "shop"}
        }

    assert delivery["result"] == "warning"
    assert delivery["found"].startswith("paused: shop since ")
    assert "paused since" in next(line for line in screen.splitlines() if "webhook shop" in line)
    assert (top["endpoint"], top["active"], top["failed"], top["waiting"]) == ("shop", True, 1, 1)
    assert samples.pop("zettai_webhook_oldest_event_age_seconds") >= 0
    assert samples == {
        "zettai_webhook_events_delivered_total": 0,
        "zettai_webhook_attempts_failed_total": 1,
        "zettai_webhook_events_given_up_total": 0,
        "zettai_webhook_events_waiting": 1,
        "zettai_webhook_paused": 1,
        "zettai_webhook_active": 1,
    }
