"""Flower as operators start it, in a real browser: it shows workers, tasks and queues, and no secrets.

`make pictures` runs these tests to make the pictures of docs/how-to/flower.md.
"""

import json
import os
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from tests.docs.pages import ROOT
from tests.support.browser import chromium
from tests.support.servers import free_port, valkey
from tests.support.stack import TOKEN, Stack, eventually, short_stack

from zettai import State
from zettai.core.lanes import Lane
from zettai.core.store.counters import read_counters
from zettai_simulator import SimulatorProcess
from zettai_worker.shown_tasks import NOT_SHOWN, SHOWN_NAMES

pytestmark = pytest.mark.long

PICTURES = ROOT / "docs" / "images"
REDIS_PASSWORD = "redisgeheim4711"
LOGIN, PASSWORD = "operator", "flowergeheim4711"
AUTHORIZED = {"Authorization": "Basic " + b64encode(f"{LOGIN}:{PASSWORD}".encode()).decode()}
BODY = "極秘の本文4711"
NUMBER = "9066664711"
SECRETS = (TOKEN, REDIS_PASSWORD, PASSWORD, NUMBER, BODY, json.dumps(BODY).strip('"'))
TABS = ("pool", "broker", "queues", "tasks", "limits", "config", "system", "other")
WORKER = "sms0@stack"
"""The name of the first process of the stack."""


@dataclass(frozen=True)
class Flower:
    """A running Flower and the stack that it shows."""

    port: int
    stack: Stack
    tag: str

    def url(self, path: str, login: str = f"{LOGIN}:{PASSWORD}@") -> str:
        """Return an address for the browser."""
        return f"http://{login}127.0.0.1:{self.port}{path}"

    def get(self, path: str) -> str:
        """Return the response to a program with the login."""
        status, text = self.request("GET", path, AUTHORIZED)
        assert status == HTTPStatus.OK, path
        return text

    def request(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
        """Return the status and the body of any response."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read().decode()

    def tasks(self) -> dict[str, Any]:
        """Return the finished tasks that it shows."""
        try:
            seen: dict[str, Any] = json.loads(self.get("/api/tasks"))
        except (OSError, AssertionError):
            return {}
        sends = {"start_sending", "start_sending_in_turn"}
        return {key: task for key, task in seen.items() if task["name"] in sends and task["state"] == "SUCCESS"}


@pytest.fixture(scope="module")
def flower(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flower]:
    """Start Flower with a login, read-only, on a Redis with a password. Its worker has sent a message."""
    with valkey(tmp_path_factory.mktemp("flower-valkey")) as server:
        bare = str(server.connection_url)
        with Redis.from_url(bare) as redis:
            redis.config_set("requirepass", REDIS_PASSWORD)
        url = bare.replace("redis://", f"redis://:{REDIS_PASSWORD}@")
        simulator = SimulatorProcess(latency=0.02, delivery_after=0.5)
        logs = tmp_path_factory.mktemp("flower-logs")
        times = {"HTTP_TIMEOUT": "10", "LEASE": "30"}
        with short_stack(url, simulator, logs, "sms", SAME_TEXT_PER_MINUTE="0", **times) as stack:
            stack.start_worker()
            stack.start_beat()
            one = Flower(free_port(), stack, "order-4711")
            _start(one)
            yield one


def _start(flower: Flower) -> None:
    """Start Flower, and send messages until it shows a task. Before, workers do not send it events."""
    flower.stack.environment["FLOWER_BASIC_AUTH"] = f"{LOGIN}:{PASSWORD}"
    flower.stack.start_celery("flower", f"--port={flower.port}", "--address=127.0.0.1", "--read_only=true")
    numbers = iter(range(1, 1000))

    def seen() -> bool:
        _send(flower, f"order-{next(numbers)}")
        return bool(flower.tasks())

    eventually(seen, "a task that Flower has seen")
    eventually(lambda: WORKER in flower.get("/api/workers?refresh=1"), "a worker that Flower knows")
    _send(flower, flower.tag)
    eventually(lambda: [task for task in flower.tasks().values() if flower.tag in task["args"]], "the task of its tag")


def _send(flower: Flower, tag: str) -> None:
    flower.stack.wait_for_state(flower.stack.client.send(f"0{NUMBER}", BODY, client_tag=tag), State.ACCEPTED)


@pytest.fixture(scope="module")
def browser(flower: Flower, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """Return a browser that has logged in."""
    with chromium(tmp_path_factory.mktemp("chromium")) as browser:
        browser.get(flower.url("/"))
        yield browser


def _open(browser: Chrome, flower: Flower, path: str, shows: str) -> str:
    """Open a page until it shows a text, and check that it has no secret."""

    def opened() -> str | None:
        browser.get(flower.url(path, login=""))
        with suppress(AssertionError):  # a busy worker responds too late to Flower: open the page again
            eventually(lambda: shows in browser.page_source, shows, timeout=3)
            return browser.page_source
        return None

    page: str = eventually(opened, f"{path} shows {shows}")
    _check_no_secret(page)
    return page


def _check_no_secret(page: str) -> None:
    assert [secret for secret in SECRETS if secret in page] == []


def _save_picture(browser: Chrome, name: str) -> None:
    """Save a picture for the docs, if PICTURES is set."""
    if os.environ.get("PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        browser.save_screenshot(str(PICTURES / f"flower-{name}.png"))


def test_worker_is_shown_as_online(flower: Flower, browser: Chrome) -> None:
    page = _open(browser, flower, "/workers", WORKER)

    assert "Online" in page
    _save_picture(browser, "workers")


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_of_a_worker_has_no_secret(flower: Flower, browser: Chrome, tab: str) -> None:
    _open(browser, flower, f"/worker/{WORKER}", WORKER)

    browser.find_element(By.ID, f"worker-tab-{tab}").click()

    pane = browser.find_element(By.ID, f"tab-{tab}")
    eventually(lambda: pane.is_displayed() and pane.text, f"something in the tab {tab}")
    _check_no_secret(browser.page_source)
    if tab == "queues":
        assert all(lane in pane.text for lane in Lane)
        _save_picture(browser, "worker")
    if tab == "config":
        assert "broker_url" in pane.text.lower().replace(" ", "_")


def test_finished_task_is_shown_with_its_tag(flower: Flower, browser: Chrome) -> None:
    [key] = [key for key, task in flower.tasks().items() if flower.tag in task["args"]]

    _open(browser, flower, "/tasks", key)
    _save_picture(browser, "tasks")
    page = _open(browser, flower, f"/task/{key}", flower.tag)

    assert "SUCCESS" in page
    _save_picture(browser, "task")


def test_ticks_of_each_second_are_not_shown(flower: Flower) -> None:
    """Beat and the worker run since long, and Flower shows what the ticks have started."""
    store = flower.stack.store
    before = store.now()
    eventually(lambda: read_counters(store.redis, store.keys).last_runs.get("sweep", before) > before, "a sweep")
    flower.stack.wait_for_state("order-4711", State.DELIVERED)

    shown = {task["name"] for task in json.loads(flower.get("/api/tasks")).values()}

    assert "start_status_checks" in shown
    assert shown <= set(SHOWN_NAMES.values()) - {SHOWN_NAMES[name] for name in NOT_SHOWN}


def test_queues_are_shown_without_the_password(flower: Flower, browser: Chrome) -> None:
    page = _open(browser, flower, "/broker", "redis://")

    assert all(lane in page for lane in Lane)
    _save_picture(browser, "broker")


def test_api_has_no_secret(flower: Flower) -> None:
    for path in ("/api/workers?refresh=1", "/api/tasks", "/api/task/types", "/api/queues/length", "/metrics"):
        _check_no_secret(flower.get(path))
    for key in flower.tasks():
        _check_no_secret(flower.get(f"/api/task/info/{key}"))


def test_read_only_api_refuses_changes(flower: Flower) -> None:
    for path in (
        "/api/task/send-task/zettai.sweep",
        "/api/task/async-apply/zettai.sweep",
        f"/api/worker/shutdown/{WORKER}",
    ):
        status, _ = flower.request("POST", path, AUTHORIZED)
        assert status == HTTPStatus.FORBIDDEN, path


@pytest.mark.parametrize("path", ["/", "/workers", "/tasks", "/broker", "/api/workers", "/api/tasks"])
def test_pages_and_api_need_the_login(flower: Flower, path: str) -> None:
    assert flower.request("GET", path, {})[0] == HTTPStatus.UNAUTHORIZED


def test_logs_of_flower_and_worker_have_no_secret(flower: Flower) -> None:
    _check_no_secret(flower.stack.log_text())


@pytest.mark.parametrize("picture", sorted(PICTURES.glob("flower-*.png")), ids=lambda path: Path(path).name)
def test_pictures_are_small(picture: Path) -> None:
    assert picture.stat().st_size <= 150_000
