"""The examples of personal-data.md and personal-data.ja.md run, and do what the pages say."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.docs.pages import blocks, read
from tests.docs.test_how_to import TIME, output, shown
from tests.integration.cli.helpers import settings
from tests.integration.gateway.given import Gateway, serving

PAGES = ["docs/how-to/personal-data.md", pytest.param("docs/how-to/personal-data.ja.md", marks=pytest.mark.long)]
USER = re.compile(r"user:\S+")
INDEX_KEY = "a-key-of-the-index-that-is-for-tests"


@pytest.fixture(autouse=True)
def environment(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment of an application, in an empty folder."""
    for name, value in {**settings(redis_url), "ZETTAI_INDEX_KEY": INDEX_KEY}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


def _send(page: str) -> None:
    example, _ = blocks(read(page), "python")
    exec(compile(example, page, "exec"), {})  # noqa: S102 - our own page


@pytest.mark.parametrize("page", PAGES)
def test_the_example_and_the_commands_show_what_the_page_says(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    _send(page)
    assert capsys.readouterr().out == "table-17 queued\n"

    for words, printed in shown(page):
        assert list(map(_steady, output(*words).splitlines())) == list(map(_steady, printed))


def _steady(line: str) -> list[str]:
    """Return the words of a line, without what differs from run to run."""
    return USER.sub("USER", TIME.sub("TIME", line)).split()


@pytest.mark.parametrize("page", PAGES)
def test_the_requests_find_and_erase_the_message(page: str, tmp_path: Path, redis_url: str) -> None:
    _send(page)
    [_, find, erase] = blocks(read(page), "sh")
    with serving(tmp_path / "log", redis_url, INDEX_KEY=INDEX_KEY) as gateway:
        found, erased = (_run(request, gateway) for request in (find, erase))

    assert [one["client_tag"] for one in found["messages"]] == ["table-17"]
    assert erased == {"erased": 1, "pending": 0, "damaged": 0}


def _run(request: str, gateway: Gateway) -> dict[str, Any]:
    ran = subprocess.run(
        ["bash", "-euc", request],
        env=os.environ | {"GATEWAY": f"http://127.0.0.1:{gateway.port}", "KEY": gateway.keys["admin"]},
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer


@pytest.mark.parametrize("page", PAGES)
def test_application_erases_as_the_page_says(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    _send(page)
    _, example = blocks(read(page), "python")
    exec(compile(example, page, "exec"), {})  # noqa: S102 - our own page

    assert "Erasure(erased=1, pending=0, damaged=0)" in capsys.readouterr().out
