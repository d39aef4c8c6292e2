"""Flower as operators start it, in a real browser: it shows workers, tasks and queues, and nothing personal or secret.

The pictures of docs/how-to/flower.md are made here: `make pictures`.
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
from zettai_simulator import SimulatorProcess

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
"""As the stack names its first process."""

SLOW = 6.0
"""Seconds that the provider takes for the message that is on its way while the pages are read."""


@dataclass(frozen=True)
class Flower:
    """A running Flower and what it watches."""

    port: int
    stack: Stack
    tag: str

    def url(self, path: str, login: str = f"{LOGIN}:{PASSWORD}@") -> str:
        """An address for the browser."""
        return f"http://{login}127.0.0.1:{self.port}{path}"

    def asked(self, path: str) -> str:
        """What a program with the login is answered."""
        status, text = self.answer("GET", path, AUTHORIZED)
        assert status == HTTPStatus.OK, path
        return text

    def answer(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
        """The status and the body of any answer."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read().decode()

    def tasks(self) -> dict[str, Any]:
        """The tasks that it has seen to their end."""
        try:
            seen: dict[str, Any] = json.loads(self.asked("/api/tasks"))
        except (OSError, AssertionError):
            return {}
        return {key: task for key, task in seen.items() if task["name"] == "zettai.send" and task["state"] == "SUCCESS"}


@pytest.fixture(scope="module")
def flower(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flower]:
    """Flower behind a login, read-only, on a Redis with a password, with a worker that has sent a message."""
    with valkey(tmp_path_factory.mktemp("flower-valkey")) as server:
        bare = str(server.connection_url)
        with Redis.from_url(bare) as redis:
            redis.config_set("requirepass", REDIS_PASSWORD)
        url = bare.replace("redis://", f"redis://:{REDIS_PASSWORD}@")
        simulator = SimulatorProcess(latency=0.02, delivery_after=0.5)
        logs = tmp_path_factory.mktemp("flower-logs")
        with short_stack(url, simulator, logs, "sms", HTTP_TIMEOUT="10", LEASE="30") as stack:
            stack.start_worker()
            one = Flower(free_port(), stack, "order-4711")
            _start(one)
            yield one


def _start(flower: Flower) -> None:
    """Start Flower, and send until it has seen a task: it listens only once it has asked the workers to tell."""
    flower.stack.environment["FLOWER_BASIC_AUTH"] = f"{LOGIN}:{PASSWORD}"
    flower.stack.start_celery("flower", f"--port={flower.port}", "--address=127.0.0.1", "--read_only=true")
    numbers = iter(range(1, 1000))

    def seen() -> bool:
        _send(flower, f"order-{next(numbers)}")
        return bool(flower.tasks())

    eventually(seen, "a task that Flower has seen")
    eventually(lambda: WORKER in flower.asked("/api/workers?refresh=1"), "a worker that Flower knows")
    _send(flower, flower.tag)
    eventually(lambda: [task for task in flower.tasks().values() if flower.tag in task["args"]], "the task of its tag")


def _send(flower: Flower, tag: str) -> None:
    flower.stack.wait_for_state(flower.stack.client.send(f"0{NUMBER}", BODY, client_tag=tag), State.ACCEPTED)


@pytest.fixture(scope="module")
def browser(flower: Flower, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """A browser that has logged in."""
    with chromium(tmp_path_factory.mktemp("chromium")) as browser:
        browser.get(flower.url("/"))
        yield browser


def _open(browser: Chrome, flower: Flower, path: str, shows: str) -> str:
    """Open a page until it shows something, and look for what it must not show."""

    def opened() -> str | None:
        browser.get(flower.url(path, login=""))
        with suppress(AssertionError):  # a worker that is busy tells Flower nothing in time: open the page again
            eventually(lambda: shows in browser.page_source, shows, timeout=3)
            return browser.page_source
        return None

    page: str = eventually(opened, f"{path} shows {shows}")
    _is_clean(page)
    return page


def _is_clean(page: str) -> None:
    assert [secret for secret in SECRETS if secret in page] == []


def _picture(browser: Chrome, name: str) -> None:
    """Renew a picture of the docs, where that was asked for."""
    if os.environ.get("PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        browser.save_screenshot(str(PICTURES / f"flower-{name}.png"))


def test_workers_and_their_state_are_shown(flower: Flower, browser: Chrome) -> None:
    """By name, as online."""
    page = _open(browser, flower, "/workers", WORKER)

    assert "Online" in page
    _picture(browser, "workers")


@pytest.mark.parametrize("tab", TABS)
def test_a_worker_is_shown_tab_by_tab(flower: Flower, browser: Chrome, tab: str) -> None:
    """All that Celery tells of itself, and nothing more."""
    _open(browser, flower, f"/worker/{WORKER}", WORKER)

    browser.find_element(By.ID, f"worker-tab-{tab}").click()

    pane = browser.find_element(By.ID, f"tab-{tab}")
    eventually(lambda: pane.is_displayed() and pane.text, f"something in the tab {tab}")
    _is_clean(browser.page_source)
    if tab == "queues":
        assert all(lane in pane.text for lane in Lane)
        _picture(browser, "worker")
    if tab == "config":
        assert "broker_url" in pane.text.lower().replace(" ", "_")


def test_a_task_under_way_is_shown_by_its_tag(flower: Flower, browser: Chrome) -> None:
    """What a worker has in hand, with its arguments as they are: the inspection does not mask any."""
    flower.stack.simulator.set_latency(SLOW)
    message = flower.stack.client.send(f"0{NUMBER}", BODY, client_tag="slow-4711")

    try:
        page = eventually(lambda: _shown(browser, flower, message.client_tag), "the task under way")
    finally:
        flower.stack.simulator.set_latency(0.02)

    _is_clean(page)


def _shown(browser: Chrome, flower: Flower, text: str) -> str | None:
    flower.asked(f"/api/workers?refresh=1&workername={WORKER}")
    browser.get(flower.url(f"/worker/{WORKER}", login=""))
    return browser.page_source if text in browser.page_source else None


def test_tasks_are_listed_and_told(flower: Flower, browser: Chrome) -> None:
    """The list has its name and state; its own page has the tag, and no number and no text."""
    [key] = [key for key, task in flower.tasks().items() if flower.tag in task["args"]]

    _open(browser, flower, "/tasks", key)
    _picture(browser, "tasks")
    page = _open(browser, flower, f"/task/{key}", flower.tag)

    assert "SUCCESS" in page
    _picture(browser, "task")


def test_the_queues_are_shown_without_the_password(flower: Flower, browser: Chrome) -> None:
    """Each lane, and the URL of Redis with its password left out."""
    page = _open(browser, flower, "/broker", "redis://")

    assert all(lane in page for lane in Lane)
    _picture(browser, "broker")


def test_the_api_tells_nothing_more(flower: Flower) -> None:
    """Programs see what people see."""
    for path in ("/api/workers?refresh=1", "/api/tasks", "/api/task/types", "/api/queues/length", "/metrics"):
        _is_clean(flower.asked(path))
    for key in flower.tasks():
        _is_clean(flower.asked(f"/api/task/info/{key}"))


def test_nothing_can_be_started_or_stopped(flower: Flower) -> None:
    """With `--read_only=true` the API looks on only."""
    for path in (
        "/api/task/send-task/zettai.sweep",
        "/api/task/async-apply/zettai.sweep",
        f"/api/worker/shutdown/{WORKER}",
    ):
        status, _ = flower.answer("POST", path, AUTHORIZED)
        assert status == HTTPStatus.FORBIDDEN, path


@pytest.mark.parametrize("path", ["/", "/workers", "/tasks", "/broker", "/api/workers", "/api/tasks"])
def test_without_the_login_nothing_is_shown(flower: Flower, path: str) -> None:
    """Neither pages nor the API."""
    assert flower.answer("GET", path, {})[0] == HTTPStatus.UNAUTHORIZED


def test_the_logs_of_flower_hold_no_secret(flower: Flower) -> None:
    """Nor do those of the worker."""
    _is_clean(flower.stack.log_text())


@pytest.mark.parametrize("picture", sorted(PICTURES.glob("flower-*.png")), ids=lambda path: Path(path).name)
def test_pictures_are_small(picture: Path) -> None:
    """A clone stays quick."""
    assert picture.stat().st_size <= 150_000
