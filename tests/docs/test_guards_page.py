"""The examples of guards.md and guards.ja.md run, and do what the pages say."""

import subprocess
from pathlib import Path

import pytest
from tests.docs.pages import blocks, read
from tests.integration.cli.helpers import settings

from zettai import Settings, SmsClient

PAGES = ["docs/how-to/guards.md", "docs/how-to/guards.ja.md"]


@pytest.fixture(autouse=True)
def environment(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment of an application, in an empty folder."""
    for name, value in settings(redis_url).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("page", PAGES)
def test_the_python_example_does_what_the_page_says(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    for example in blocks(read(page), "python"):
        exec(compile(example, page, "exec"), {})  # noqa: S102 - our own page

    refused, in_japanese, repeated = capsys.readouterr().out.splitlines()
    assert refused.startswith("RateExceeded 0:09:5")
    assert "上限" in in_japanese
    assert repeated == "queued"
    with SmsClient.from_env() as client:
        assert len(list(client.list())) == 5


@pytest.mark.parametrize("page", PAGES)
def test_the_settings_of_the_page_are_valid(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for block in blocks(read(page), "sh"):
        printed = subprocess.run(["sh", "-c", f"{block}\nenv"], capture_output=True, text=True, check=True).stdout
        for line in printed.splitlines():
            name, _, value = line.partition("=")
            if name in {"ZETTAI_BUDGETS", "ZETTAI_ONLY_TO"}:
                monkeypatch.setenv(name, value)

    loaded = Settings.load()

    assert [str(budget) for budget in loaded.budgets] == [
        "2,000,000 parts a month for this account",
        "20,000 parts a day for this API key",
        "5,000 parts a day for this group",
    ]
    assert loaded.only_to == frozenset({"+819012345678", "+818011112222"})
