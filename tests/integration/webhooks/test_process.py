"""The real process: killed at any step it loses nothing, and it logs no secret, number or text."""

import random
import subprocess
from pathlib import Path
from threading import Event, Timer
from typing import Any

import pytest
import requests
from redis import Redis
from tests.integration.cli.helpers import run
from tests.integration.webhooks.conftest import Start
from tests.support.servers import free_port
from tests.support.stack import eventually
from tests.support.store_helpers import accepted
from tests.support.webhooks import OTHER_SECRET, SECRET, Receiver, append, open_group, table

from zettai.core.store import WorkerStore
from zettai.core.store.keys import Keys

pytestmark = pytest.mark.long


def _log(tmp_path: Path) -> str:
    return "".join(path.read_text() for path in tmp_path.glob("webhooks-*.log"))


def _kill(process: subprocess.Popen[bytes], redis: Redis, keys: Keys) -> None:
    """Kill the process, and let its lock expire."""
    process.kill()
    process.wait()
    redis.delete(keys.webhook_lock("shop"))


def _is_done(redis: Redis, keys: Keys) -> bool:
    [group] = redis.xinfo_groups(keys.events)
    return not group["pending"] and not group["lag"] and not redis.exists(keys.webhook_retries("shop"))


@pytest.mark.parametrize("step", ["before the answer", "after the answer", "at any time"])
def test_process_that_is_killed_loses_no_event(  # noqa: PLR0917 - fixtures
    redis: Redis, keys: Keys, receiver: Receiver, start: Start, tmp_path: Path, step: str
) -> None:
    """Each event arrives; what comes twice has the same id; the events of a message come in their order."""
    kills = 4
    kill = Event()
    chosen = random.Random(step)

    def answer(_id: str, _data: dict[str, Any]) -> int:
        if not kill.is_set() and chosen.random() < 0.02:
            if step == "before the answer":
                process.kill()
            if step == "after the answer":
                Timer(chosen.random() * 0.01, process.kill).start()
            kill.set()
        return 503 if chosen.random() < 0.1 else 200

    receiver.answer = answer
    open_group(redis, keys, "shop")
    with receiver.listen() as url:
        (tmp_path / "webhooks.toml").write_text(table(url))
        tags = [f"t{number}" for number in range(100)]
        ids = [
            event_id
            for kind in ("scheduled", "accepted", "overdue", "delivered")
            for event_id in append(redis, keys, *tags, event_type=kind)
        ]
        for _ in range(kills):
            kill.clear()
            before = len(receiver.requests)
            process = start()
            if step == "at any time":
                eventually(lambda: len(receiver.requests) > before + 5, "it delivers")  # noqa: B023
                kill.set()
                process.kill()
            eventually(kill.is_set, "it is killed")
            process.wait()
            _kill(process, redis, keys)
        process = start()
        kill.set()
        eventually(lambda: _is_done(redis, keys), "all are delivered")

    arrived = [one.id for one in receiver.accepted]
    assert set(arrived) == set(ids)
    assert len(arrived) <= len(ids) + 8 * kills + 100  # only what was in flight, or was not recorded, comes again
    for tag in tags:
        first_times = dict.fromkeys(one.id for one in receiver.accepted if one.tag == tag)
        assert list(first_times) == sorted(first_times, key=ids.index)


def test_process_stops_at_sigterm_and_its_log_has_no_secret(  # noqa: PLR0917 - fixtures
    redis: Redis, keys: Keys, store: WorkerStore, receiver: Receiver, start: Start, tmp_path: Path
) -> None:
    receiver.answer = lambda _id, data: 200 if data["client_tag"] == "good" else 500
    open_group(redis, keys, "shop")
    personal = {"to": "09012345678", "body": "secret text", "metadata": {"order": "7731"}}
    with receiver.listen() as url:
        (tmp_path / "webhooks.toml").write_text(
            table(url, more='allow_private = true\ninclude = ["number", "text", "metadata"]')
        )
        process = start()
        for tag in ("good", *(f"bad{number}" for number in range(8))):
            accepted(store, client_tag=tag, **personal)
        eventually(lambda: "webhook_paused" in _log(tmp_path), "it is paused")
        process.terminate()
        assert process.wait(60) == 0

    assert any("09012345678"[1:] in one.body for one in receiver.requests)
    log = _log(tmp_path)
    assert "webhooks_stopped" in log
    for secret in (SECRET, SECRET.removeprefix("whsec_"), "of-the-url", "9012345678", "secret text", "7731"):
        assert secret not in log


def test_two_processes_share_the_endpoints_and_serve_metrics(  # noqa: PLR0917 - fixtures
    redis: Redis, keys: Keys, receiver: Receiver, start: Start, environment: dict[str, str], tmp_path: Path
) -> None:
    open_group(redis, keys, "shop")
    port = free_port()
    environment["ZETTAI_METRICS_PORT"] = str(port)
    with receiver.listen() as url:
        (tmp_path / "webhooks.toml").write_text(table(url))
        first = start()
        append(redis, keys, "a")
        eventually(lambda: receiver.tags() == {"a"}, "the first process delivers")
        environment["ZETTAI_METRICS_PORT"] = str(free_port())
        start()
        metrics = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
        _kill(first, redis, keys)
        append(redis, keys, "b")
        eventually(lambda: receiver.tags() == {"a", "b"}, "the second process takes over")

    assert 'zettai_webhook_request_seconds_count{endpoint="shop",outcome="delivered"} 1.0' in metrics


def test_changed_file_applies_without_a_restart_and_a_wrong_one_changes_nothing(
    redis: Redis, keys: Keys, receiver: Receiver, start: Start, tmp_path: Path
) -> None:
    """An endpoint is added, gets another secret, and is removed; the other one goes on."""
    file = tmp_path / "webhooks.toml"
    for name in ("shop", "new"):
        open_group(redis, keys, name)
    with receiver.listen() as url:
        shop, new = (f"{url}&to={name}" for name in ("shop", "new"))
        file.write_text(table(shop))
        start()
        append(redis, keys, "a")
        eventually(lambda: len(receiver.accepted) == 1, "the first endpoint gets its event")
        file.write_text(table(shop) + table(new, name="new"))
        eventually(lambda: len(receiver.accepted) == 2, "the added endpoint gets the same event")
        file.write_text(table(shop) + table(new, name="new", secret=f'"{OTHER_SECRET}"'))
        eventually(lambda: _log(tmp_path).count("webhook_endpoints_read") == 2, "the secret is read")
        file.write_text(table("ftp://of-the-url", name="shop"))
        eventually(lambda: "webhook_endpoints_not_read" in _log(tmp_path), "the wrong file is refused")
        append(redis, keys, "b")
        eventually(lambda: len(receiver.accepted) == 4, "both get the next event")
        file.write_text(table(shop))
        eventually(lambda: _log(tmp_path).count("webhook_endpoints_read") == 3, "the file is right again")
        eventually(lambda: not redis.exists(keys.webhook_lock("new")), "the removed endpoint is left")
        append(redis, keys, "c")
        eventually(lambda: len(receiver.accepted) == 5, "the other one goes on")

    arrived = [(one.tag, one.verifies(OTHER_SECRET)) for one in receiver.accepted]
    assert sorted(arrived) == [("a", False), ("a", False), ("b", False), ("b", True), ("c", False)]
    assert _log(tmp_path).count('"webhook_active"') == 3
    assert "of-the-url" not in _log(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [(None, "ZETTAI_WEBHOOKS_FILE: must be set"), ("[shop]\n", "webhooks.toml: shop.url: must be set")],
)
def test_process_does_not_start_with_a_wrong_file(
    environment: dict[str, str], tmp_path: Path, text: str | None, expected: str
) -> None:
    if text is None:
        del environment["ZETTAI_WEBHOOKS_FILE"]
    else:
        (tmp_path / "webhooks.toml").write_text(text)
    ran = run("webhooks", **environment)
    assert (ran.returncode, ran.stdout) == (3, "")
    assert expected in ran.stderr


@pytest.mark.timeout(300)
def test_twenty_thousand_events_arrive_though_everything_is_killed(
    redis: Redis, keys: Keys, receiver: Receiver, start: Start, tmp_path: Path
) -> None:
    """The receiver is closed and the process is killed several times meanwhile."""
    receiver.answer = lambda event_id, _data: 500 if event_id.endswith("77") and random.random() < 0.9 else 200
    open_group(redis, keys, "shop")
    ids: set[str] = set()
    for kind in ("accepted", "delivered"):
        for part in range(10):
            ids.update(append(redis, keys, *(f"t{part}-{number}" for number in range(1000)), event_type=kind))
    with receiver.listen() as url:
        pass
    port = int(url.rsplit(":", maxsplit=1)[1].partition("/")[0])
    (tmp_path / "webhooks.toml").write_text(table(url))
    for goal in (3_000, 9_000, 16_000, None):
        process = start()
        with receiver.listen(port):
            if goal is None:
                eventually(lambda: _is_done(redis, keys), "all are delivered", 240)
            else:
                eventually(lambda: len(receiver.accepted) >= goal, "many are delivered", 120)  # noqa: B023
                if goal > 3_000:
                    _kill(process, redis, keys)
        process.terminate()
        process.wait()

    assert len(ids) == 20_000
    assert {one.id for one in receiver.accepted} == ids
