"""The commands of a Japanese page run in Japanese, as they do for its readers."""

from collections.abc import Iterator

import pytest
from tests.integration.cli import one_process


@pytest.fixture(scope="session", autouse=True)
def _processes_of_commands() -> Iterator[None]:
    with one_process.ended_at_last():
        yield


@pytest.fixture(autouse=True)
def _language_of_the_page(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Choose the language of a test about one page."""
    case = getattr(request.node, "callspec", None)
    if case is not None and str(case.params.get("page")).endswith(".ja.md"):
        monkeypatch.setenv("LANGUAGE", "ja")  # unlike LANG, it needs no locale of the machine
