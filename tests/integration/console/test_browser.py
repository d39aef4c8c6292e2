"""The console in a real browser, with real workers and the simulator. axe checks that everybody can use it.

`make pictures` runs these tests to make the pictures of the README.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from selenium.webdriver import Keys
from tests.integration.console.given import COMMAND, SECRET
from tests.integration.console.site import NUMBER, PICTURES, TEXT, Site
from tests.support.browser import PHONE, accessibility_problems, chromium
from tests.support.servers import free_port, valkey
from tests.support.stack import eventually, short_stack

from zettai import State
from zettai.core.times import now
from zettai.gateway.api_keys import Scope, new_key
from zettai_simulator import SimulatorProcess

pytestmark = pytest.mark.long

MISSING = "/no-such-page"

OPEN = "open campaign"
"""A campaign with a message that is not sent yet."""

ALWAYS = (
    "/",
    "/messages?state=delivered",
    "/campaigns",
    "/campaigns/finished",
    "/upload",
    "/dead-letters?state=undelivered",
    "/suppressions",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Start a stack with a console, and log in by the form."""
    folder, port = tmp_path_factory.mktemp("console"), free_port()
    key, stored = new_key("aoki", [Scope.READ, Scope.SEND, Scope.CANCEL, Scope.SUPPRESS])
    boss, stored_boss = new_key("boss", [Scope.READ, Scope.ADMIN])
    ours = {
        "GATEWAY_KEYS": f"{stored} {stored_boss}",
        "GATEWAY_PORT": str(port),
        "CONSOLE_SECRET": SECRET,
        "GIVE_UP_AFTER": "60",
    }
    with (
        valkey(tmp_path_factory.mktemp("console-valkey")) as server,
        short_stack(
            str(server.connection_url), SimulatorProcess(delivery_after=0.3), folder, "console", **ours
        ) as stack,
        chromium(tmp_path_factory.mktemp("chromium")) as browser,
    ):
        stack.start_worker()
        stack.start_beat()
        stack.start("console", [*COMMAND, "console"])
        eventually(lambda: "gateway_listening" in stack.log_text(), "the console listens")
        site = Site(f"http://127.0.0.1:{port}/console", key, boss, stack, browser)
        site.open("/language?language=en")
        site.log_in(key)
        yield site


@pytest.fixture(autouse=True)
def no_errors(site: Site) -> Iterator[None]:
    """Fail if the browser reports an error of a page, such as something that the content security policy forbids."""
    site.errors()
    yield
    assert site.errors() == []


@pytest.fixture(scope="module")
def campaign(site: Site) -> str:
    """Send a campaign in which some messages do not arrive, and wait for its end."""
    name, count = "冬の予約確認", 150
    endings = {0: "721", 1: "732", 2: "823", 3: "834"}
    rows = [
        {
            "to": f"090{1 + n % 8}234{n % 10}{endings.get(n % 40, f'{100 + n}')}",
            "body": TEXT,
            "client_tag": f"winter-{n}",
            "carrier": ("docomo", "softbank", "rakuten")[n % 3],
            "group": name,
            "created_by": "aoki",
        }
        for n in range(count)
    ]
    assert [result.error for result in site.stack.client.send_many(rows) if result.error] == []
    site.send(group=OPEN, lane="bulk", send_at=now() + timedelta(days=1))
    for n in range(count):
        site.stack.wait_for_state(f"winter-{n}")
    return name


def test_overview_shows_the_workers_that_answer(site: Site) -> None:
    site.open("/")
    site.wait_for("1 process answers.")


def test_message_is_found_and_its_story_goes_on_by_itself(site: Site) -> None:
    tag = site.send(send_at=now() + timedelta(days=1))
    site.stack.wait_for_state(tag, State.SCHEDULED)
    site.open("/messages")
    site.type("tag", tag)
    site.click("main form button")

    site.wait_for("Reserved The provider confirmed it (code 0).")
    site.stack.client.cancel(tag)

    site.wait_for("Canceled A user or an application requested it.")


def test_number_and_text_stay_while_the_story_goes_on(site: Site) -> None:
    """They are in the page, and in no update of it."""
    tag = site.send(send_at=now() + timedelta(days=1))
    site.stack.wait_for_state(tag, State.SCHEDULED)
    site.click("form[action$='/logout'] button")
    site.log_in(site.boss)
    site.open(f"/message?tag={tag}")
    site.wait_for("Reserved The provider confirmed it (code 0).")

    site.stack.client.cancel(tag)

    site.wait_for("Canceled A user or an application requested it.")
    assert f"+81{NUMBER[1:]}" in site.text
    assert TEXT in site.text
    site.click("form[action$='/logout'] button")
    site.log_in(site.key)


def test_campaign_progresses_by_itself(site: Site) -> None:
    group = f"g {uuid4()}"
    site.send(group=group, send_at=now() + timedelta(days=1))
    site.open(f"/campaign?name={group}")
    site.wait_for("1 message, 1 still open")

    site.send(group=group)

    site.wait_for("2 messages, 1 still open")
    assert site.find("svg.columns rect.fill-delivered").is_displayed()


def test_finished_campaign_shows_why_messages_did_not_arrive(site: Site, campaign: str) -> None:
    site.open(f"/campaign?name={campaign}")

    site.wait_for("There is no such number.")
    assert "The phone was out of reach, switched off or busy." in site.text


def test_reserved_campaign_is_canceled_at_the_provider(site: Site) -> None:
    group = f"g-{uuid4()}"
    tags = [site.send(group=group, send_at=now() + timedelta(days=2)) for _ in range(3)]
    for tag in tags:
        site.stack.wait_for_state(tag, State.SCHEDULED)
    site.open(f"/campaign?name={group}")

    site.click(".title a.danger")
    site.wait_for("Reserved at the provider: canceled there 3")
    site.click("main form button.danger")
    site.wait_for("The campaign is canceled.")

    for tag in tags:
        assert site.stack.wait_for_state(tag).state is State.CANCELED
        assert site.stack.simulator.record_of(tag)["state"] == "cancelled"


def test_paused_campaign_waits_until_it_is_resumed(site: Site) -> None:
    group = f"g-{uuid4()}"
    site.stack.client.campaigns.pause(group)
    tags = [site.send(group=group, lane="bulk") for _ in range(3)]
    site.open(f"/campaign?name={group}")
    site.wait_for("3 messages wait here.")

    site.click(".title a[href*=resume]")
    site.wait_for("3 messages wait and are sent.")
    site.click("main form button")

    site.wait_for("Delivered 3")
    assert {site.stack.wait_for_state(tag).state for tag in tags} == {State.DELIVERED}


def test_file_is_checked_sent_and_delivered(site: Site, tmp_path: Path) -> None:
    group, file = f"g-{uuid4()}", tmp_path / "予約.csv"
    file.write_text(f"電話番号,名前\n09011112224,青木 {group}\n0901111,佐藤\n09011114446,鈴木\n", encoding="cp932")
    site.open("/upload")
    site.find("input[type=file]").send_keys(str(file))
    site.type("group", group)
    site.type("text", "{{名前}} 様 明日のご予約をお待ちしています。")
    site.click("main form > button")
    site.wait_for("I have checked the texts. Send 2 messages.")
    assert "Shift_JIS" in site.text
    assert "Row 3" in site.text
    assert list(site.stack.client.list(group=group)) == []

    site.click("input[name=confirmed]")
    site.click("button.go")

    site.wait_for("2 messages are recorded and will be sent.")
    messages = list(site.stack.client.list(group=group))
    assert {site.stack.wait_for_state(message).state for message in messages} == {State.DELIVERED}
    sent = {site.stack.record_of(message)["message"] for message in messages}
    assert sent == {f"青木 {group} 様 明日のご予約をお待ちしています。", "鈴木 様 明日のご予約をお待ちしています。"}


def test_file_that_changed_after_the_check_is_not_sent(site: Site, tmp_path: Path) -> None:
    group, file = f"g-{uuid4()}", tmp_path / "list.csv"
    file.write_text(f"phone,text\n09011112225,{group}\n", encoding="utf-8")
    site.open("/upload")
    site.find("input[type=file]").send_keys(str(file))
    site.type("group", group)
    site.click("main form > button")
    site.wait_for("Send 1 message.")

    site.type("text", "another text")
    site.click("input[name=confirmed]")
    site.click("button.go")

    site.wait_for("Nothing was sent.")
    assert list(site.stack.client.list(group=group)) == []


def test_dead_letter_is_sent_again_and_delivered(site: Site) -> None:
    tag = site.send(to="09012340721", carrier="docomo")
    assert site.stack.wait_for_state(tag).state is State.UNDELIVERED
    site.open("/dead-letters?state=undelivered")

    site.click(f"input[value='{tag}']")
    site.type("body", "もう一度お知らせします")
    site.click("main .card button")
    site.wait_for(f"Sent as {tag}~r2")
    site.click("main form button")
    site.wait_for("1 message is sent again.")

    assert site.stack.wait_for_state(f"{tag}~r2").state.is_final
    assert site.stack.simulator.record_of(f"{tag}~r2")["message"] == "もう一度お知らせします"


def test_pages_are_used_by_keyboard(site: Site) -> None:
    tag = site.send()
    site.open("/messages")

    site.find("body").send_keys(Keys.TAB)
    skip = site.browser.switch_to.active_element
    assert (skip.text, skip.is_displayed()) == ("Skip to the content", True)
    skip.send_keys(Keys.ENTER)
    site.browser.switch_to.active_element.send_keys(Keys.TAB)
    site.browser.switch_to.active_element.send_keys(tag, Keys.ENTER)

    site.wait_for("Story")
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    site.find("body").send_keys(Keys.TAB)
    assert site.browser.execute_script(outline) == "solid"


def _pages(site: Site, campaign: str) -> Iterator[str]:
    yield from ALWAYS
    yield f"/campaign?name={campaign}"
    yield f"/campaign/cancel?name={campaign}"
    yield from (f"/campaign{page}?name={OPEN}" for page in ("", "/pause", "/resume", "/pace"))
    yield "/message?tag=winter-1"
    yield "/message/cancel?tag=winter-1"
    yield MISSING


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [360, 1280])
def test_everybody_can_use_each_page(site: Site, campaign: str, scheme: str, language: str, width: int) -> None:
    found: list[str] = []
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    site.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    site.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {**PHONE, "width": width, "mobile": width < 500})
    try:
        site.open(f"/language?language={language}")
        for path in _pages(site, campaign):
            site.open(path)
            site.wait_for("")
            found += [f"{path}: {one}" for one in accessibility_problems(site.browser)]
            wide = site.browser.execute_script("return document.documentElement.scrollWidth")
            found += [f"{path}: {wide} pixels wide"] if wide > width else []
            if (scheme, language, width) == ("light", "ja", 360) and path.startswith("/campaign?"):
                site.picture("phone")
    finally:
        site.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        site.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        site.open("/language?language=en")
        site.errors()  # the page that does not exist is one

    assert found == []


def test_no_page_shows_a_number_or_a_text(site: Site, campaign: str) -> None:
    for path in set(_pages(site, campaign)) - {MISSING}:
        site.open(path)
        source = site.browser.page_source
        assert [one for one in (TEXT, NUMBER[1:], "9012345", "9022345") if one in source] == [], path


@pytest.mark.parametrize(
    ("name", "path", "language", "text"),
    [
        ("overview", "/", "ja", "送信できる状態です"),
        ("campaign", "/campaign?name=冬の予約確認", "ja", "この番号は使われていません。"),
        ("message", "/message?tag=winter-1", "en", "There is no such number."),
    ],
)
def test_page_is_pictured(site: Site, campaign: str, name: str, path: str, language: str, text: str) -> None:  # noqa: PLR0917 - a row of a table
    """The pictures of the docs show what this test sees."""
    site.open(f"/language?language={language}")
    try:
        site.open(path)
        site.wait_for(text)
        height = site.browser.execute_script("return document.documentElement.scrollHeight")
        window = {"width": 1100, "height": height, "deviceScaleFactor": 1, "mobile": False}
        site.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", window)
        site.picture(name)
    finally:
        site.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        site.open("/language?language=en")


@pytest.mark.parametrize("picture", sorted(PICTURES.glob("console-*.png")), ids=lambda path: Path(path).name)
def test_pictures_are_small(picture: Path) -> None:
    assert picture.stat().st_size <= 250_000
