"""`zettai send-csv`."""

import csv
import json
import subprocess
import sys
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
    """Return the printed JSON lines of rows."""
    return [line for line in map(json.loads, stdout.splitlines()) if "row" in line]


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
    outcomes = lines(result.stdout)
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
    rows, last = lines(result.stdout), total(result.stdout)
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
    assert len(lines(zettai("send-csv", path, "--dry-run", "--json").stdout)) == 25


def test_dry_run_and_real_run_reject_the_same_rows(client: SmsClient, write: Write) -> None:
    path = write(GOOD, ["1", "x"], ["09012345678", "x" * 661], ["", ""], ["09012345679", "\ufeff"])
    dry = [line["row"] for line in lines(zettai("send-csv", path, "--dry-run", "--json").stdout) if line["ok"]]
    wet = [line["row"] for line in lines(zettai("send-csv", path, "--json").stdout) if line["ok"]]
    assert dry == wet == [2, 6]


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


def errors(stdout: str) -> dict[object, object]:
    """Return the printed errors by row."""
    return {line["row"]: line["error"] for line in lines(stdout) if not line["ok"]}


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
    assert errors(result.stdout) == {
        3: "電話番号: is the same as in row 2; remove one of them, or allow duplicates",
        4: "client_tag: is the same as in row 2; remove one of them, or allow duplicates",
    }
    assert {message.client_tag for message in client.list()} == {"a", "+819012345678"}
    allowed = zettai("send-csv", path, "--json", "--tag-prefix=p", "--allow-duplicates")
    assert total(allowed.stdout) == {"recorded": 1, "repeated": 2, "suppressed": 0, "refused": 1}
    assert "already used for another message" in str(errors(allowed.stdout)[4])


@pytest.mark.parametrize(
    ("header", "words", "said"),
    [
        (["電話番号", "本文"], [], "電話番号 = to, 本文 = body"),
        (["携帯番号", "メッセージ"], [], "携帯番号 = to, メッセージ = body"),
        (["ＴＥＬ", " 本文 "], [], "ＴＥＬ = to, 本文 = body"),
        (["連絡先", "内容"], ["--map=連絡先=to", "--map=内容=body"], "連絡先 = to, 内容 = body"),
        (["電話番号", "携帯"], ["--map=携帯=body", "--map=電話番号=to"], "電話番号 = to, 携帯 = body"),
        (["電話番号", "名前"], ["--body={{名前}} 様"], "電話番号 = to, {{名前}}"),
        (["電話番号", "名前"], ["--body=同じ"], "電話番号 = to; not used: 名前"),
        (["電話番号", "本文"], ["--body={{本文}}!"], "電話番号 = to, {{本文}}"),
    ],
)
def test_columns_are_known_by_header_or_mapped(write: Write, header: list[str], words: list[str], said: str) -> None:
    result = zettai("send-csv", write(GOOD, header=header), "--dry-run", *words)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == f"campaign.csv: UTF-8, separated by commas; {said}"


@pytest.mark.parametrize(
    ("header", "words", "problem"),
    [
        (["電話番号", "携帯番号"], ["--body=x"], "the columns 電話番号 and 携帯番号 may all be to; choose one"),
        (["電話番号", "本文"], ["--map=番号=to"], "--map names the column 番号, but the columns are 電話番号, 本文"),
        (["電話番号", "本文"], ["--map=to"], "must be HEADER=ARGUMENT"),
        (["電話番号", "本文"], ["--map=本文=text"], "must be HEADER=ARGUMENT"),
        (["電話番号", "本文"], ["--map=本文=body", "--map=電話番号=body"], "two columns for body"),
        (["電話番号", "名前"], ["--body={{名まえ}}"], "the field {{名まえ}}, but the columns are 電話番号, 名前"),
        (["電話番号", "名前", "名前"], ["--body={{名前}}"], "several columns have this name"),
        (["電話番号", "名前"], ["--body={{名前"], "template: has {{ without its pair at position 1"),
        (["電話番号", "名前"], ["--body=x", "--body-file={path}"], "either --body or --body-file"),
    ],
)
def test_unclear_columns_and_wrong_templates_are_usage_errors(
    client: SmsClient, write: Write, header: list[str], words: list[str], problem: str
) -> None:
    path = write(GOOD, [*GOOD, "x"], header=header)
    result = zettai("send-csv", path, *(word.replace("{path}", str(path)) for word in words))
    assert result.exit_code == 2
    assert problem in result.stderr
    assert list(client.list()) == []


def test_missing_or_empty_field_is_an_error_of_its_row(client: SmsClient, write: Write) -> None:
    path = write(["09012345678", " 山田 "], ["09012345679", " "], ["09012345670"], header=["電話番号", "名前"])
    result = zettai("send-csv", path, "--body={{名前}} 様", "--json", "--tag-prefix=p")
    reason = "名前: is missing or empty, and the template needs it"
    assert errors(result.stdout) == {3: reason, 4: reason}
    client.send("09012345678", "山田 様", client_tag="p-2")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_text_comes_from_a_file(client: SmsClient, write: Write, tmp_path: Path, encoding: str) -> None:
    text = tmp_path / "text.txt"
    text.write_bytes("{{名前}} 様\r\nご予約です。\r\n".encode(encoding))
    path = write(["09012345678", "髙橋"], header=["電話番号", "名前"])
    assert zettai("send-csv", path, f"--body-file={text}", "--tag-prefix=p").exit_code == 0
    client.send("09012345678", "髙橋 様\nご予約です。", client_tag="p-2")


@pytest.mark.parametrize("time", ["2099/12/1 9:00", "2099-12-01 09:00:00", "２０９９年１２月１日 ９時００分"])
def test_time_of_a_spreadsheet_is_japan_time(client: SmsClient, write: Write, time: str) -> None:
    path = write([*GOOD, time], header=["電話番号", "本文", "送信日時"])
    assert "at 2099-12-01 09:00 JST  “本文”" in zettai("send-csv", path, "--dry-run").stdout
    zettai("send-csv", path, "--tag-prefix=p")
    message = client.get("p-2")
    assert message is not None
    assert str(message.send_at) == "2099-12-01 09:00:00+09:00"


@pytest.mark.parametrize("argument", ["send_at", "expires_in", "lane", "carrier", "client_tag", "group"])
def test_number_in_a_wrong_column_is_never_shown(client: SmsClient, write: Write, argument: str) -> None:
    path = write(["09087654321", "x", "2099/12/1"], header=["電話番号", "本文", "日"])
    result = zettai("send-csv", path, f"--map=電話番号={argument}", "--map=日=to")
    assert result.exit_code == 1
    assert "1 bad" in result.stdout
    assert "09087654321" not in result.stdout + result.stderr


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
