"""A real browser without a screen, which reaches nothing but this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from tests.support.programs import program

AXE = Path(__file__).parents[1] / "integration" / "console" / "axe-4.14.1.min.js"

PHONE = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@contextmanager
def chromium(profile: Path, width: int = 1280, height: int = 800) -> Iterator[Chrome]:
    """A browser with nothing remembered.

    Args:
        profile: a folder for what it remembers of this session.
        width: of its window.
        height: of its window.
    """
    options = ChromeOptions()
    options.binary_location = program("chromium", "chromium")
    service = ChromeService(program("chromedriver", "chromium-driver"))
    for flag in (*FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
        options.add_argument(flag)
    browser = Chrome(options=options, service=service)
    try:
        browser.set_page_load_timeout(30)
        yield browser
    finally:
        browser.quit()


def accessibility_problems(browser: Chrome) -> list[str]:
    """Return what axe finds on the page, from moderate to critical."""
    browser.execute_script(AXE.read_text(encoding="utf-8"))
    result = browser.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
    return [
        f"{one['id']} ({one['impact']}): {[node['html'][:200] for node in one['nodes'][:3]]}"
        for one in result["violations"]
        if one["impact"] != "minor"
    ]
