"""The examples of campaigns.md and campaigns.ja.md run, and do what the pages say."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from tests.docs.pages import blocks, read
from tests.docs.test_how_to import compare, shown
from tests.integration.cli.helpers import settings, zettai
from tests.integration.gateway.given import serving

from zettai import SmsClient

PAGES = ["docs/how-to/campaigns.md", pytest.param("docs/how-to/campaigns.ja.md", marks=pytest.mark.long)]
GROUP = "autumn-sale"


@pytest.fixture(autouse=True)
def environment(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment of an application, in an empty folder."""
    for name, value in settings(redis_url).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_do_what_the_page_says(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    [example] = blocks(read(page), "python")
    exec(compile(example, page, "exec"), {})  # noqa: S102 - our own page

    assert "3 paused\n" in capsys.readouterr().out
    compare(shown(page))


@pytest.mark.parametrize("page", PAGES)
def test_the_file_is_sent_with_the_limits_of_the_page(page: str) -> None:
    Path("autumn.csv").write_text("to,body\n09012345678,x\n", encoding="utf-8")
    [command, _] = blocks(read(page), "sh")

    assert zettai(*command.split()[1:]).exit_code == 0
    with SmsClient.from_env() as client:
        assert client.campaigns.show(GROUP).pace == "50/second"


@pytest.mark.parametrize("page", PAGES)
def test_the_requests_get_the_answers_that_they_ask_for(page: str, tmp_path: Path, redis_url: str) -> None:
    [_, requests] = blocks(read(page), "sh")
    with serving(tmp_path / "log", redis_url) as gateway:
        ran = subprocess.run(
            ["bash", "-euc", requests.replace("curl ", "curl -w '\\n' ")],
            env=os.environ | {"GATEWAY": f"http://127.0.0.1:{gateway.port}", "KEY": gateway.keys["admin"]},
            capture_output=True,
            text=True,
            check=True,
        )

    paused, resumed, read_again = (json.loads(line) for line in ran.stdout.splitlines())
    assert paused["paused_at"] is not None
    assert (resumed["paused_at"], resumed["pace"]) == (None, "50/second")
    assert read_again == resumed
