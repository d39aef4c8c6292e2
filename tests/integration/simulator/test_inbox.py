"""The inbox page in a real browser: messages appear by themselves, and buttons make faults."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait
from tests.docs.pages import ROOT
from tests.support.browser import chromium

from zettai_simulator import SimulatorProcess

pytestmark = pytest.mark.long

Send = Callable[..., dict[str, Any]]
PICTURES = ROOT / "docs" / "images"
HTML = "<b>本文</b> & ご確認ください"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def page(browser: Chrome, simulator: SimulatorProcess) -> Callable[[str], str]:
    """Open the page, and return a function that waits for a text on it."""
    browser.get(simulator.url)

    def text() -> str:
        return browser.find_element(By.TAG_NAME, "body").text

    def wait_for(expected: str) -> str:
        WebDriverWait(browser, 20).until(lambda _: expected in text(), f"never shown: {expected}")
        return text()

    return wait_for


def press(browser: Chrome, label: str) -> None:
    """Press the button whose first line is this label. The page may draw it again in between."""

    def pressed(_: Chrome) -> bool:
        [button] = [one for one in browser.find_elements(By.TAG_NAME, "button") if one.text.splitlines()[0] == label]
        button.click()
        return True

    WebDriverWait(browser, 20, ignored_exceptions=[StaleElementReferenceException]).until(pressed)


def wait_for_pressed(browser: Chrome, count: int) -> None:
    WebDriverWait(browser, 20).until(
        lambda _: len(browser.find_elements(By.CSS_SELECTOR, "aside [aria-pressed=true]")) == count
    )


def test_message_appears_by_itself_with_its_text_and_state(
    page: Callable[[str], str], simulator: SimulatorProcess, send: Send
) -> None:
    page("No message was taken yet. Set http://127.0.0.1:")
    send(simulator, message=HTML, phoneNumber="+819012345678", clientTag="order-4711")

    shown = page("delivered")
    assert HTML in shown
    assert "090" in shown
    assert "tag order-4711" in shown


def test_messages_are_filtered_by_number_and_text(
    browser: Chrome, page: Callable[[str], str], simulator: SimulatorProcess, send: Send
) -> None:
    send(simulator, message="first", phoneNumber="+819012345678")
    send(simulator, message="second", phoneNumber="+818012345732")
    assert "cause 31732" in page("first")

    press(browser, "08012345732")
    WebDriverWait(browser, 20).until(lambda _: "first" not in browser.find_element(By.ID, "messages").text)
    press(browser, "All numbers")
    browser.find_element(By.ID, "filter").send_keys("FIRST")
    WebDriverWait(browser, 20).until(lambda _: "second" not in browser.find_element(By.ID, "messages").text)
    assert "first" in browser.find_element(By.ID, "messages").text


def test_buttons_turn_a_fault_and_a_behavior_on_and_off(
    browser: Chrome, page: Callable[[str], str], simulator: SimulatorProcess, post: Callable[..., requests.Response]
) -> None:
    page("unavailable")
    press(browser, "unavailable")
    wait_for_pressed(browser, 1)
    assert post(simulator).status_code == 503
    press(browser, "unavailable")
    wait_for_pressed(browser, 0)
    assert post(simulator).status_code == 200

    press(browser, "rewrites = true")
    wait_for_pressed(browser, 1)
    post(simulator, message="  blanks around  ")
    page("blanks around")
    assert browser.find_elements(By.CLASS_NAME, "text")[0].get_property("textContent") == "blanks around"


def test_every_fault_and_behavior_has_a_button(browser: Chrome, page: Callable[[str], str]) -> None:
    page("clock_ahead")
    buttons = browser.find_elements(By.CSS_SELECTOR, "#faults button, #behaviors button")
    for button in buttons:
        browser.execute_script("arguments[0].remove()", button)
    assert len(buttons) == 24 + 6


def test_reservation_is_sent_now_or_canceled_in_the_console(
    browser: Chrome, page: Callable[[str], str], simulator: SimulatorProcess, send: Send
) -> None:
    send(simulator, message="early", clientTag="a/1 ?", scheduleTime="2099-12-31 10:00")
    page("for 2099-12-31 10:00 (Japan time)")
    press(browser, "Send now")
    page("delivered")

    send(simulator, message="never", clientTag="b", scheduleTime="2099-12-31 10:00")
    page("never")
    press(browser, "Cancel in the console")
    page("by the console")


def test_page_obeys_its_content_policy_and_fits_a_phone(
    browser: Chrome, page: Callable[[str], str], simulator: SimulatorProcess, send: Send
) -> None:
    send(simulator, message="長い本文" * 100)
    page("長い本文")
    log = browser.get_log("browser")  # type: ignore[no-untyped-call]
    assert [one for one in log if one["level"] == "SEVERE" and "favicon" not in one["message"]] == []
    browser.set_window_size(360, 740)
    width = browser.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0


@pytest.mark.parametrize("path", ["/index.html", "/inbox_page/index.html", "/inbox.js?x=../server.py"])
def test_no_other_file_is_served(simulator: SimulatorProcess, path: str) -> None:
    answer = requests.get(f"{simulator.url}{path}", timeout=60)
    assert "python" not in answer.headers["Content-Type"]
    assert answer.status_code == (200 if path.startswith("/inbox.js?") else 404)


def test_newest_message_is_shown_first(
    browser: Chrome, page: Callable[[str], str], simulator: SimulatorProcess, send: Send
) -> None:
    reminder = "【渋谷歯科】明日 10:30 のご予約です。変更は 03-1234-5678 までお電話ください。"
    send(simulator, message=reminder, clientTag="reminder-1", scheduleTime="2099-12-31 10:00")
    code = "認証コードは 123456 です。5 分以内に入力してください。"
    send(simulator, message=code, phoneNumber="+819012345678", clientTag="otp-1")
    send(simulator, message="ご注文の商品を発送しました。", phoneNumber="+818012345732", clientTag="order-4711")

    shown = page("tag order-4711")

    tags = ("order-4711", "otp-1", "reminder-1")
    assert sorted(tags, key=shown.index) == list(tags)
    page("cause")
    if os.environ.get("PICTURES"):
        browser.set_window_size(1280, 800)
        browser.save_screenshot(str(PICTURES / "simulator-inbox.png"))
