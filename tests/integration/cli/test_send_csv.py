"""`zettai send-csv`."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.cli.helpers import Write, row_errors, row_lines, zettai

from zettai import Lane, SmsClient

GOOD = ["09012345678", "本文"]


def total(stdout: str) -> object:
    """Return the printed JSON totals."""
    return json.loads(stdout.splitlines()[-1])["total"]


def test_send_csv_records_5000_rows(client: SmsClient, write: Write) -> None:
    path = write(*[[f"0901{number:07d}", f"本文 {number}"] for number in range(5000)])
    result = zettai("send-csv", path, "--group=summer")
    assert (result.exit_code, result.stdout) == (
        0,
        "campaign.csv: UTF-8, separated by commas; to, body\n5,000 recorded, 0 bad\n",
    )
    messages = list(client.list(group="summer"))
    assert len(messages) == 5000
    assert {message.lane for message in messages} == {Lane.BULK}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16", "euc_jp"])
def test_given_encoding_is_used(client: SmsClient, write: Write, encoding: str) -> None:
    result = zettai("send-csv", write(GOOD, encoding=encoding), "--tag-prefix=p", f"--encoding={encoding}")
    assert result.exit_code == 0
    client.send("09012345678", "本文", client_tag="p-2", lane=Lane.BULK)


@pytest.mark.parametrize(("encoding", "code"), [("utf-8", 1), ("latin-99", 2)])
def test_wrong_encoding_is_reported(write: Write, client: SmsClient, encoding: str, code: int) -> None:
    result = zettai("send-csv", write(GOOD, encoding="cp932"), f"--encoding={encoding}")
    assert result.exit_code == code
    [line] = result.stderr.splitlines()
    assert "encoding" in line
    assert list(client.list()) == []


def test_every_column_reaches_the_message(client: SmsClient, write: Write) -> None:
    header = ["body", "to", "client_tag", "send_at", "expires_in", "lane", "group", "carrier", "sender"]
    full = ["x", "09012345678", "t1", "2099-01-01T09:00+09:00", "60", "normal", "g1", "docomo", "12345", "A-1", "東京"]
    empty = ["x", " 09012345679 ", "t2", "", "", "", "", "", "", "", ""]
    path = write(full, empty, header=[*header, "metadata.order", "metadata.shop"])
    assert zettai("send-csv", path, "--group=g2").exit_code == 0
    one, other = client.get("t1"), client.get("t2")
    assert one is not None
    assert other is not None
    assert (one.lane, one.group, one.carrier, one.send_at is None) == (Lane.NORMAL, "g1", "docomo", False)
    assert (one.sender, one.metadata) == ("12345", {"order": "A-1", "shop": "東京"})
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
    outcomes = row_lines(result.stdout)
    assert [(outcome["row"], outcome["ok"]) for outcome in outcomes] == [
        (2, True),
        (3, False),
        (4, False),
        (5, False),
        (6, False),
        (7, True),
    ]
    assert [str(outcome["error"]).split(":")[0] for outcome in outcomes if not outcome["ok"]] == [
        "to",
        "send_at",
        "body",
        "row",
    ]
    assert client.get("p-2") is not None
    assert client.get("p-7") is not None


def test_bad_rows_are_listed_with_their_number(client: SmsClient, write: Write) -> None:
    result = zettai("send-csv", write(GOOD, *[["0312345678", "x"]] * 25))
    assert "\n1 recorded, 25 bad\n" in result.stdout
    assert "… and 5 more" in result.stdout
    assert "0312345678" not in result.stdout


def test_second_run_with_the_same_tag_prefix_records_nothing_new(client: SmsClient, write: Write) -> None:
    path = write(GOOD, GOOD, ["09012345679", "x"])
    words = ["send-csv", str(path), "--tag-prefix=p", "--allow-duplicates"]
    assert total(zettai(*words, "--json").stdout) == {"recorded": 3, "repeated": 0, "suppressed": 0, "refused": 0}
    assert total(zettai(*words, "--json").stdout) == {"recorded": 0, "repeated": 3, "suppressed": 0, "refused": 0}
    assert "0 recorded, 3 recorded before and not sent again, 0 bad" in zettai(*words).stdout
    assert [message.client_tag for message in client.list()] == ["p-4", "p-3", "p-2"]


def test_dry_run_checks_all_rows_and_sends_nothing(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", "redis://127.0.0.1:1")
    result = zettai("send-csv", write(GOOD, ["0312345678", "x"], ["09012345679", "あ" * 133]), "--dry-run")
    assert result.exit_code == 1
    assert "2 good rows, 1 bad rows; nothing was sent\n" in result.stdout
    assert "about 4 billed parts if all are delivered; the longest text has 3" in result.stdout


def test_dry_run_reports_every_invalid_field(write: Write) -> None:
    bad = [["0312345678", "", "tomorrow", "x"]] * 30
    result = zettai(
        "send-csv", write([*GOOD, "", ""], *bad, header=["to", "body", "send_at", "carrier"]), "--dry-run", "--json"
    )
    rows, last = row_lines(result.stdout), total(result.stdout)
    assert [row["row"] for row in rows] == list(range(2, 33))
    for row in rows[1:]:
        assert {problem["field"] for problem in row["problems"]} == {"to", "body", "send_at", "carrier"}  # type: ignore[attr-defined]
        assert row["to"] == "0*******78"
    assert last == {"good": 1, "bad": 30, "doubtful": 0, "estimated_parts": 1, "longest": 1}
    shown = zettai("send-csv", write(*bad, header=["to", "body", "send_at", "carrier"]), "--dry-run").stdout
    assert shown.count("must be a Japanese mobile number") == 30
    assert "0312345678" not in result.stdout + shown


def test_dry_run_reports_characters_that_may_not_arrive(write: Write) -> None:
    path = write(*[[f"090123456{number}", "10時～12時 ☕"] for number in range(10, 35)])
    result = zettai("send-csv", path, "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.count("may not arrive: U+FF5E FULLWIDTH TILDE at position 4, write 〜 instead; 1 more") == 20
    assert "… and 5 more" in result.stdout
    assert "25 may not arrive as written" in result.stdout
    assert len(row_lines(zettai("send-csv", path, "--dry-run", "--json").stdout)) == 25


def test_dry_run_and_real_run_reject_the_same_rows(client: SmsClient, write: Write) -> None:
    path = write(GOOD, ["1", "x"], ["09012345678", "x" * 661], ["", ""], ["09012345679", "\ufeff"])
    dry = [line["row"] for line in row_lines(zettai("send-csv", path, "--dry-run", "--json").stdout) if line["ok"]]
    wet = [line["row"] for line in row_lines(zettai("send-csv", path, "--json").stdout) if line["ok"]]
    assert dry == wet == [2, 6]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], "sender: must be one of 12345, 77777"),
        (["--account=shop"], "account: must be one of default"),
        (["--category=all"], "category: must not be 'all'"),
    ],
)
def test_dry_run_rejects_what_the_settings_do_not_allow(
    write: Write, monkeypatch: pytest.MonkeyPatch, words: list[str], problem: str
) -> None:
    monkeypatch.setenv("ZETTAI_SMS_CODE", "12345")
    monkeypatch.setenv("ZETTAI_SENDERS", "77777")
    path = write([*GOOD, "77777"], ["09012345679", "x", "99999"], header=["to", "body", "sender"])

    result = zettai("send-csv", path, "--dry-run", "--json", *words)

    assert problem in str(row_errors(result.stdout)[3])


def test_sender_and_category_of_all_rows_are_options(
    client: SmsClient, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZETTAI_SENDERS", "77777")

    result = zettai("send-csv", write(GOOD), "--sender=77777", "--category=marketing")

    assert result.exit_code == 0
    [message] = client.list()
    assert (message.sender, message.category) == ("77777", "marketing")


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (["to", "note"], "no column has the texts"),
        (["number", "body"], "no column has the phone numbers"),
        (["to", "body", "to"], "the columns to and to may all be to"),
        (["09012345678", "本文"], "it has 0********78, 本文"),
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


def test_lost_redis_is_reported_with_the_last_row(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", "redis://127.0.0.1:1")
    result = zettai("send-csv", write(GOOD))
    assert result.exit_code == 4
    assert "after row 0, at least 0 messages are recorded: Redis does not answer" in result.stderr
    result = zettai("send-csv", write(GOOD), "--tag-prefix=p")
    assert result.exit_code == 4
    assert result.stderr.startswith("zettai: stopped after row 0, at least 0 messages are recorded: Redis does not")
    assert "--tag-prefix p" in result.stderr


def test_second_row_with_the_same_number_or_tag_is_refused(client: SmsClient, write: Write) -> None:
    header = ["電話番号", "本文", "client_tag"]
    path = write(
        ["09012345678", "x", "a"],
        ["090-1234-5678", "y", "b"],
        ["09012345679", "x", "a"],
        ["09012345670", "x", "+819012345678"],  # a tag is not compared with a number
        header=header,
    )
    result = zettai("send-csv", path, "--json", "--tag-prefix=p")
    assert row_errors(result.stdout) == {
        3: "電話番号: is the same as in row 2; remove one of them, or allow duplicates",
        4: "client_tag: is the same as in row 2; remove one of them, or allow duplicates",
    }
    assert {message.client_tag for message in client.list()} == {"a", "+819012345678"}
    allowed = zettai("send-csv", path, "--json", "--tag-prefix=p", "--allow-duplicates")
    assert total(allowed.stdout) == {"recorded": 1, "repeated": 2, "suppressed": 0, "refused": 1}
    assert "already used for another message" in str(row_errors(allowed.stdout)[4])


@pytest.mark.long
def test_file_of_100000_rows_takes_the_memory_of_a_small_one(tmp_path: Path) -> None:
    small, large = (_memory_for(tmp_path / f"{rows}.csv", rows) for rows in (1_000, 100_000))
    assert large - small < 16_000


def _memory_for(path: Path, rows: int) -> int:
    """Return the largest memory of a process that checks a file, in KiB."""
    with path.open("w", encoding="cp932", newline="") as file:
        csv.writer(file).writerows([["電話番号", "名前"], *([f"0901{n:07}", f"髙橋 {n}"] for n in range(rows))])
    program = (
        "from pathlib import Path\n"
        "from zettai_cli.app import app\n"
        "try:\n    app()\n"
        "except SystemExit as end:\n"
        "    status = dict(line.split(':') for line in Path('/proc/self/status').read_text().splitlines())\n"
        "    print(end.code or 0, status['VmHWM'].split()[0])\n"
    )
    words = [sys.executable, "-c", program, "send-csv", str(path), "--dry-run", "--body={{名前}} 様"]
    ran = subprocess.run(words, capture_output=True, text=True, check=True)
    code, memory = ran.stdout.splitlines()[-1].split()
    assert code == "0"
    return int(memory)
