"""`zettai send-csv`."""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.integration.cli.helpers import zettai

from zettai import Lane, SmsClient

Write = Callable[..., Path]

GOOD = ["09012345678", "本文"]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a CSV file."""

    def written(
        *rows: Sequence[str], header: Sequence[str] = ("to", "body"), encoding: str = "utf-8", end: str = "\r\n"
    ) -> Path:
        path = tmp_path / "campaign.csv"
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file, lineterminator=end).writerows([header, *rows])
        return path

    return written


def lines(stdout: str) -> list[dict[str, object]]:
    """Return the printed JSON lines."""
    return [json.loads(line) for line in stdout.splitlines()]


def test_send_csv_records_5000_rows(client: SmsClient, write: Write) -> None:
    path = write(*[[f"0901{number:07d}", f"本文 {number}"] for number in range(5000)])
    result = zettai("send-csv", path, "--group=summer")
    assert (result.exit_code, result.stdout) == (0, "5,000 recorded, 0 bad\n")
    messages = list(client.list(group="summer"))
    assert len(messages) == 5000
    assert {message.lane for message in messages} == {Lane.BULK}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_send_csv_reads_utf_8_and_cp932(client: SmsClient, write: Write, encoding: str) -> None:
    words = [] if encoding.startswith("utf-8") else [f"--encoding={encoding}"]
    result = zettai("send-csv", write(GOOD, encoding=encoding), "--tag-prefix=p", *words)
    assert result.exit_code == 0
    client.send("09012345678", "本文", client_tag="p-2", lane=Lane.BULK)


@pytest.mark.parametrize(("encoding", "code"), [("cp932", 1), ("latin-99", 2)])
def test_wrong_encoding_is_reported(write: Write, client: SmsClient, encoding: str, code: int) -> None:
    words = [] if encoding == "cp932" else [f"--encoding={encoding}"]
    result = zettai("send-csv", write(GOOD, encoding="cp932"), *words)
    assert result.exit_code == code
    [line] = result.stderr.splitlines()
    assert "cp932" in line
    assert list(client.list()) == []


def test_every_column_reaches_the_message(client: SmsClient, write: Write) -> None:
    header = [
        "body",
        "to",
        "client_tag",
        "send_at",
        "expires_in",
        "lane",
        "group",
        "carrier",
        "sender",
        "metadata.order",
    ]
    full = ["x", "09012345678", "t1", "2099-01-01T09:00+09:00", "60", "normal", "g1", "docomo", "12345", "A-1"]
    empty = ["x", " 09012345678 ", "t2", "", "", "", "", "", "", ""]
    assert zettai("send-csv", write(full, empty, header=header), "--group=g2").exit_code == 0
    one, other = client.get("t1"), client.get("t2")
    assert one is not None
    assert other is not None
    assert (one.lane, one.group, one.carrier, one.send_at is None) == (Lane.NORMAL, "g1", "docomo", False)
    assert (one.sender, one.metadata) == ("12345", {"order": "A-1"})
    assert (other.lane, other.group, other.carrier, other.send_at) == (Lane.BULK, "g2", None, None)
    assert (other.sender, other.metadata) == (None, {})


def test_bad_row_does_not_stop_the_others(client: SmsClient, write: Write) -> None:
    header = ["to", "body", "send_at"]
    path = write(
        ["09012345678", "two\nlines", ""],
        ["0312345678", "no mobile number", ""],
        ["09012345678", "no such time", "tomorrow"],
        ["09012345678", "", ""],
        ["09012345678", "one", "", "cell too many"],
        ["09012345679", "last", ""],
        header=header,
        end="\n",
    )
    result = zettai("send-csv", path, "--json", "--tag-prefix=p")
    assert result.exit_code == 1
    outcomes = lines(result.stdout)
    assert [(outcome["line"], outcome["ok"]) for outcome in outcomes] == [
        (2, True),
        (4, False),
        (5, False),
        (6, False),
        (7, False),
        (8, True),
    ]
    assert [str(outcome["error"]).split(":")[0] for outcome in outcomes if not outcome["ok"]] == [
        "to",
        "send_at",
        "body",
        "row",
    ]
    assert client.get("p-2") is not None
    assert client.get("p-8") is not None


def test_bad_rows_are_listed_with_their_line(client: SmsClient, write: Write) -> None:
    result = zettai("send-csv", write(GOOD, *[["0312345678", "x"]] * 25))
    assert result.stdout.startswith("1 recorded, 25 bad\n")
    assert "… and 5 more" in result.stdout
    assert "0312345678" not in result.stdout


def test_second_run_with_the_same_tag_prefix_records_nothing_new(client: SmsClient, write: Write) -> None:
    path = write(GOOD, GOOD, ["09012345679", "x"])
    first = lines(zettai("send-csv", path, "--tag-prefix=p", "--json").stdout)
    assert lines(zettai("send-csv", path, "--tag-prefix=p", "--json").stdout) == first
    assert [message.client_tag for message in client.list()] == ["p-4", "p-3", "p-2"]


def test_dry_run_checks_all_rows_and_sends_nothing(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", "redis://127.0.0.1:1")
    result = zettai("send-csv", write(GOOD, ["0312345678", "x"], ["09012345678", "あ" * 133]), "--dry-run")
    assert result.exit_code == 1
    assert "2 good rows, 1 bad rows; nothing was sent\n" in result.stdout
    assert "about 4 billed parts if all are delivered; the longest text has 3" in result.stdout


def test_dry_run_reports_every_invalid_field(write: Write) -> None:
    bad = [["0312345678", "", "tomorrow", "x"]] * 30
    result = zettai(
        "send-csv", write([*GOOD, "", ""], *bad, header=["to", "body", "send_at", "carrier"]), "--dry-run", "--json"
    )
    *rows, last = lines(result.stdout)
    assert [row["line"] for row in rows] == list(range(2, 33))
    for row in rows[1:]:
        assert {problem["field"] for problem in row["problems"]} == {"to", "body", "send_at", "carrier"}  # type: ignore[attr-defined]
        assert row["to"] == "0*******78"
    assert last == {"total": {"good": 1, "bad": 30, "doubtful": 0, "estimated_parts": 1, "longest": 1}}
    shown = zettai("send-csv", write(*bad, header=["to", "body", "send_at", "carrier"]), "--dry-run").stdout
    assert shown.count("must be a Japanese mobile number") == 30
    assert "0312345678" not in result.stdout + shown


def test_dry_run_reports_characters_that_may_not_arrive(write: Write) -> None:
    path = write(*[["09012345678", "10時～12時 ☕"]] * 25)
    result = zettai("send-csv", path, "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.count("may not arrive: U+FF5E FULLWIDTH TILDE at position 4, write 〜 instead; 1 more") == 20
    assert "… and 5 more" in result.stdout
    assert "25 may not arrive as written" in result.stdout
    assert len(lines(zettai("send-csv", path, "--dry-run", "--json").stdout)) == 26


def test_dry_run_and_real_run_reject_the_same_rows(client: SmsClient, write: Write) -> None:
    path = write(GOOD, ["1", "x"], ["09012345678", "x" * 661], ["", ""], ["09012345679", "\ufeff"])
    dry = [line["line"] for line in lines(zettai("send-csv", path, "--dry-run", "--json").stdout)[:-1] if line["ok"]]
    wet = [line["line"] for line in lines(zettai("send-csv", path, "--json").stdout) if line["ok"]]
    assert dry == wet == [2, 6]


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (["to", "text"], "'body' is missing"),
        (["to", "body", "client-tag"], "'client-tag' is unknown"),
        (["to", "body", "to"], "given twice"),
    ],
)
def test_invalid_header_is_a_usage_error(write: Write, header: list[str], problem: str) -> None:
    result = zettai("send-csv", write(GOOD, header=header), "--dry-run")
    assert result.exit_code == 2
    assert problem in result.stderr


def test_unclosed_quote_stops_the_command(client: SmsClient, tmp_path: Path) -> None:
    path = tmp_path / "campaign.csv"
    path.write_text('to,body\n09012345678,"begins\n09012345679,x\n', encoding="utf-8")
    result = zettai("send-csv", path)
    assert result.exit_code == 1
    assert "not valid CSV" in result.stderr
    assert list(client.list()) == []


def test_lost_redis_is_reported_with_the_last_line(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", "redis://127.0.0.1:1")
    result = zettai("send-csv", write(GOOD))
    assert result.exit_code == 4
    assert result.stderr.startswith("zettai: stopped after line 0: Redis does not answer")
    assert "--tag-prefix" in result.stderr
