"""A console in a browser, with workers behind it."""

import os
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from tests.docs.pages import ROOT
from tests.support.stack import Stack, eventually

PICTURES = ROOT / "docs" / "images"
NUMBER = "09066664712"
TEXT = "極秘の本文4711"


@dataclass(frozen=True)
class Site:
    """A console with workers behind it, and a browser that has logged in."""

    url: str
    key: str
    boss: str
    stack: Stack
    browser: Chrome

    def open(self, path: str) -> None:
        """Open a page."""
        self.browser.get(f"{self.url}{path}")

    def log_in(self, key: str) -> None:
        """Log in by the form."""
        self.open("/")
        self.type("key", key)
        self.click("main button")
        self.wait_for("Overview")

    def find(self, selector: str) -> Any:
        """Return an element."""
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def click(self, selector: str) -> None:
        """Click on an element."""
        self.find(selector).click()

    def type(self, name: str, text: str) -> None:
        """Type into a field."""
        field = self.find(f"main [name={name}]")
        field.clear()
        field.send_keys(text)

    @property
    def text(self) -> str:
        """The visible text of the page."""
        # Not through an element, which may be gone when the next page comes.
        text = self.browser.execute_script("return document.querySelector('main')?.innerText ?? ''")
        return " ".join(str(text).split())

    def wait_for(self, text: str) -> None:
        """Wait until the page shows a text."""
        eventually(lambda: text in self.text, f"the page shows {text!r}")

    def errors(self) -> list[str]:
        """Return what the browser has reported since the last call."""
        entries = self.browser.get_log("browser")  # type: ignore[no-untyped-call] # of selenium
        return [str(entry["message"]) for entry in entries]

    def send(self, **fields: Any) -> str:
        """Send a message, and return its tag."""
        given = {"to": NUMBER, "body": f"{TEXT} {uuid4()}", "client_tag": f"t-{uuid4()}", "created_by": "aoki"}
        return self.stack.client.send(**{**given, **fields}).client_tag

    def picture(self, name: str) -> None:
        """Save a picture for the docs, if PICTURES is set."""
        if os.environ.get("PICTURES"):
            self.browser.save_screenshot(str(PICTURES / f"console-{name}.png"))
