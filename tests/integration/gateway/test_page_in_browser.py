"""The page that describes the gateway, in a real browser. axe checks that everybody can use it."""

import os
from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from tests.docs.pages import ROOT
from tests.integration.gateway.given import Gateway
from tests.support.browser import PHONE, accessibility_problems, chromium
from tests.support.stack import eventually

pytestmark = pytest.mark.long

PICTURES = ROOT / "docs" / "images"


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """Start a browser for all tests."""
    with chromium(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def browser(chrome: Chrome, gateway: Gateway) -> Iterator[Chrome]:
    """Open the page. Fail if the browser reports an error, such as what the content security policy forbids."""
    open_page(chrome, gateway)
    yield chrome
    assert chrome.get_log("browser") == []  # type: ignore[no-untyped-call] # of selenium


def open_page(browser: Chrome, gateway: Gateway, text: str = "Send one message or many") -> None:
    """Open the page by the address of the gateway, and wait until it shows a text."""
    browser.get(f"http://127.0.0.1:{gateway.port}/")
    eventually(lambda: text in text_of(browser), f"the page shows {text!r}")


def text_of(browser: Chrome) -> str:
    """Return the visible text of the page."""
    return str(browser.execute_script("return document.body.innerText"))


def test_page_shows_curl_for_this_gateway(browser: Chrome, gateway: Gateway) -> None:
    assert browser.current_url == f"http://127.0.0.1:{gateway.port}/docs"
    eventually(lambda: f"curl http://127.0.0.1:{gateway.port}/v1/messages" in text_of(browser), "curl with the address")
    assert "【みなと歯科】明日10:00にご予約をいただいております。" in text_of(browser)


@pytest.mark.parametrize(
    ("word", "found"), [("suppress", "/v1/suppressions/remove"), ("event", "An event of a message")]
)
def test_search_finds_operations_and_webhooks(browser: Chrome, word: str, found: str) -> None:
    assert found not in text_of(browser)
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.CONTROL, "k")
    eventually(lambda: browser.switch_to.active_element.tag_name == "input", "the search is open")

    browser.switch_to.active_element.send_keys(word)

    eventually(lambda: found in text_of(browser), f"the search finds {found!r}")


@pytest.mark.parametrize(
    ("name", "accepted", "text", "width"),
    [("page", "en", "Send one message or many", 1100), ("phone", "ja", "メッセージを送信する", 360)],
)
def test_page_is_pictured(browser: Chrome, gateway: Gateway, name: str, accepted: str, text: str, width: int) -> None:  # noqa: PLR0917 - a row of a table
    """The pictures of the docs show what this test sees."""
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {"Accept-Language": accepted}})
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {**PHONE, "width": width, "deviceScaleFactor": 1})
    try:
        open_page(browser, gateway, text)
        heading = f"//h3[contains(., {text!r})]"
        browser.execute_script("arguments[0].scrollIntoView()", browser.find_element(By.XPATH, heading))
        eventually(lambda: "curl http" in text_of(browser), "the page shows a command")
        if os.environ.get("PICTURES"):
            browser.save_screenshot(str(PICTURES / f"gateway-{name}.png"))
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {}})


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_everybody_can_use_the_page(browser: Chrome, gateway: Gateway, scheme: str, width: int) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {**PHONE, "width": width, "mobile": width < 500})
    try:
        open_page(browser, gateway)
        assert accessibility_problems(browser) == []
        assert browser.execute_script("return document.documentElement.scrollWidth") == width
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_browser_in_japanese_shows_japanese_texts(browser: Chrome, gateway: Gateway) -> None:
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {"Accept-Language": "ja,en;q=0.5"}})
    try:
        open_page(browser, gateway, "メッセージを送信する")
        eventually(
            lambda: "各メッセージが送信されるのは 1 回だけです。" in text_of(browser), "a description in Japanese"
        )
    finally:
        browser.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {}})
