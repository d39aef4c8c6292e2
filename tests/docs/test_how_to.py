"""The commands of the operators' pages are run, and their output is compared."""

import csv
import os
import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.docs.pages import ROOT, blocks, names, read, table
from tests.integration.cli.helpers import settings, zettai
from tests.integration.cli.one_process import run
from tests.support.store_helpers import MINUTE, SUBMITTING

from zettai import SmsClient, State
from zettai.campaign_files.columns import KNOWN_HEADERS
from zettai.core.store import StateUpdate, WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.core.times import milliseconds

TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d JST")

TAKEN = frozenset({State.ACCEPTED})

ENDS = {State.DELIVERED: 950, State.UNDELIVERED: 20}
FIELDS: dict[State, dict[str, str | int]] = {
    State.DELIVERED: {"parts": 1},
    State.UNDELIVERED: {"parts": 0, "detail": "31732"},
}


class Shown(NamedTuple):
    """A command of a page, and what the page says that it prints; nothing where it says nothing."""

    words: list[str]
    printed: list[str]


def shown(page: str) -> list[Shown]:
    """Return the commands of a page, in order."""
    found: list[Shown] = []
    for line in "".join(blocks(read(page), "console")).splitlines():
        if line.startswith("$ zettai "):
            found.append(Shown(shlex.split(line)[2:], []))
        elif not line.startswith("$ export "):
            found[-1].printed.append(line)
    return [Shown(words, printed) for words, printed in found]


def output(*words: str) -> str:
    """Run a command in the language of the page, and return what it prints. It has no error to print."""
    # The texts of the command are chosen when it is imported, so Japanese needs another process.
    result = run(*words) if os.environ.get("LANGUAGE") == "ja" else zettai(*words)
    assert result.stderr == ""
    return result.stdout


def compare(commands: list[Shown]) -> None:
    """Run commands and compare their output, without times."""
    for words, printed in commands:
        lines = output(*words).splitlines()
        if printed:
            told = [TIME.sub("TIME", line.rstrip()) for line in lines]
            assert told == [TIME.sub("TIME", line) for line in printed]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands write files into a temporary folder."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("page", ["docs/how-to/check-text.md", "docs/how-to/check-text.ja.md"])
def test_the_check_text_page_shows_the_real_output(page: str) -> None:
    rows = [["09012345678", "10時に☕"], ["0312345678", "x" * 661], ["09012345679", "あ" * 71]]
    with Path("campaign.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["to", "body"], *rows])

    compare(shown(page))
    [example] = blocks(read(page), "python")
    exec(compile(example, "example", "exec"), {})  # noqa: S102 - our own page


@pytest.mark.parametrize("page", ["metadata.md", "metadata.ja.md", "senders.md", "senders.ja.md"])
def test_the_pages_on_metadata_and_senders_show_the_real_output(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    for name, value in {**settings(redis_url), "ZETTAI_SENDERS": "77777,88888"}.items():
        monkeypatch.setenv(name, value)
    text = read(f"docs/how-to/{page}")
    [example] = blocks(text, "python")
    exec(compile(example, "example", "exec"), {})  # noqa: S102 - our own page

    commands = shown(f"docs/how-to/{page}")
    compare(commands)
    with SmsClient.from_env() as client:
        messages = list(client.list())
    assert len(messages) == 1 + sum(words[0] == "send" for words, _ in commands)
    assert {(bool(message.sender), bool(message.metadata)) for message in messages} == {
        (page.startswith("senders"), page.startswith("metadata"))
    }


@pytest.mark.parametrize("page", ["docs/how-to/csv.md", "docs/how-to/csv.ja.md"])
def test_the_csv_page_shows_the_real_output(redis_url: str, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", redis_url)
    Path("appointments.csv").write_bytes((ROOT / "examples/csv/appointments.csv").read_bytes())

    compare(shown(page))
    [example] = blocks(read(page), "python")
    exec(compile(example, "example", "exec"), {})  # noqa: S102 - our own page


def test_the_csv_pages_name_the_known_headers() -> None:
    for page, header in (("csv.md", ("argument", "headers")), ("csv.ja.md", ("引数", "見出し"))):
        rows = table(f"docs/how-to/{page}", *header)
        assert {
            row[header[0]]: tuple(names(f"`{row[header[1]]}`" if "`" not in row[header[1]] else row[header[1]]))
            for row in rows
        } == KNOWN_HEADERS


@pytest.mark.parametrize("page", ["docs/how-to/reservations.md", "docs/how-to/reservations.ja.md"])
def test_the_reservations_pages_show_the_real_output(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    for name, value in settings(redis_url).items():
        monkeypatch.setenv(name, value)

    compare(shown(page))
    for example in blocks(read(page), "python"):
        exec(compile(example, "example", "exec"), {})  # noqa: S102 - our own page


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("docs/how-to/campaign-report.md", "Campaign summer"),
        ("docs/how-to/campaign-report.ja.md", "キャンペーン summer"),
    ],
)
def test_the_campaign_report_page_shows_the_real_output(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, page: str, title: str
) -> None:
    for name, value in settings(redis_url).items():
        monkeypatch.setenv(name, value)
    _campaign(redis_url)

    compare(shown(page))

    assert Path("summer.svg").read_text(encoding="utf-8").startswith("<svg")
    assert f"<h1>{title}</h1>" in Path("summer.html").read_text(encoding="utf-8")
    assert len(Path("summer.csv").read_text(encoding="utf-8").splitlines()) == 1001


def _campaign(redis_url: str) -> None:
    """Send a campaign of 1,000 messages, and record the final states that the page shows."""
    tags = [f"summer-{number}" for number in range(1000)]
    with SmsClient.from_env() as client:
        list(client.send_many({"to": "09012345678", "body": "x", "client_tag": tag, "group": "summer"} for tag in tags))
        for tag in tags[-10:]:
            client.cancel(tag)
    with connect(redis_url) as redis:
        store = WorkerStore(redis, Keys("zettai"))
        for tag in tags:  # as if in one moment
            redis.hset(store.keys.message(tag), "created", milliseconds(MINUTE))
        for state, count in ENDS.items():
            some, tags = tags[:count], tags[count:]
            store.claim(some, "claim", claim_timeout=MINUTE, held_for=MINUTE)
            store.apply_updates([_order(tag, State.ACCEPTED, SUBMITTING, "claim") for tag in some])
            store.apply_updates([_order(tag, state, TAKEN, None) for tag in some])
            for tag in some:
                record = store.keys.message(tag)
                redis.hset(record, "sent", int(redis.hget(record, "since") or 0) - 32 * milliseconds(MINUTE) // 60)


def _order(tag: str, to: State, expected_states: frozenset[State], token: str | None) -> StateUpdate:
    return StateUpdate(
        client_tag=tag, expected_states=expected_states, claim_id=token, to=to, reason="test", fields=FIELDS.get(to, {})
    )
