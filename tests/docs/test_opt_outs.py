"""The examples of opt-outs.md and opt-outs.ja.md run, and do what the pages say."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from tests.docs.pages import blocks, read
from tests.docs.test_how_to import compare, shown
from tests.integration.cli.helpers import settings
from tests.integration.gateway.given import SUPPRESSION_KEY, serving

from zettai import SmsClient, State

PAGES = ["docs/how-to/opt-outs.md", "docs/how-to/opt-outs.ja.md"]


@pytest.fixture(autouse=True)
def environment(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment of an application, in an empty folder."""
    for name, value in {**settings(redis_url), "ZETTAI_SUPPRESSION_KEY": SUPPRESSION_KEY}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("page", PAGES)
def test_the_python_examples_do_what_the_page_says(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    for example in blocks(read(page), "python"):
        exec(compile(example, page, "exec"), {})  # noqa: S102 - our own page

    assert "canceled suppressed" in capsys.readouterr().out
    with SmsClient.from_env() as client:
        states = [message.state for message in client.list() if message.to.endswith("2222")]
        assert client.suppressions.get("09012345678") is None
    assert sorted(states) == [State.CANCELED, State.CANCELED, State.QUEUED]


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_print_what_the_page_shows(page: str) -> None:
    Path("opt-outs.csv").write_text("number\n09012345678\n09012345679\n09012345670\n", encoding="utf-8")

    compare(shown(page))


@pytest.mark.parametrize("page", PAGES)
def test_the_requests_get_the_answers_that_they_ask_for(page: str, tmp_path: Path, redis_url: str) -> None:
    [_, requests] = blocks(read(page), "sh")
    with serving(tmp_path / "log", redis_url) as gateway:
        ran = subprocess.run(
            ["bash", "-euc", requests.replace("curl ", "curl -w '\\n' ")],
            env=os.environ | {"GATEWAY": f"http://127.0.0.1:{gateway.port}", "KEY": gateway.keys["web"]},
            capture_output=True,
            text=True,
            check=True,
        )

    assert [json.loads(line)["suppressed"] for line in ran.stdout.splitlines()] == [True, True, False]


@pytest.mark.parametrize("page", PAGES)
def test_the_command_makes_a_key_that_is_long_enough(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    [command, _] = blocks(read(page), "sh")
    monkeypatch.delenv("ZETTAI_SUPPRESSION_KEY")
    monkeypatch.setenv("ZETTAI_SUPPRESSION_KEY_FILE", "suppression.key")

    subprocess.run(["bash", "-euc", command], check=True)

    with SmsClient.from_env() as client:
        assert client.suppressions.add("09012345678")
