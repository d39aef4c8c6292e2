"""The columns of `zettai send-csv`, and the text of its rows."""

from pathlib import Path

import pytest
from tests.integration.cli.helpers import Write, row_errors, zettai

from zettai import SmsClient

GOOD = ["09012345678", "本文"]


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
        (["電話番号", "文"], ["--map=文=body", "--body=x"], "names the column 文 for body, but a text is given too"),
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
    assert row_errors(result.stdout) == {3: reason, 4: reason}
    client.send("09012345678", "山田 様", client_tag="p-2")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_text_comes_from_a_file(client: SmsClient, write: Write, tmp_path: Path, encoding: str) -> None:
    text = tmp_path / "text.txt"
    text.write_bytes("{{名前}} 様\r\nご予約です。\r\n".encode(encoding))
    path = write(["09012345678", "髙橋"], header=["電話番号", "名前"])
    assert zettai("send-csv", path, f"--body-file={text}", "--tag-prefix=p").exit_code == 0
    client.send("09012345678", "髙橋 様\nご予約です。", client_tag="p-2")


def test_text_file_in_an_unknown_encoding_is_a_usage_error(client: SmsClient, write: Write, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_bytes(b"\x81\xff\xfe\xa4\xff")
    result = zettai("send-csv", write(["09012345678", "x"], header=["電話番号", "名前"]), f"--body-file={text}")
    assert (result.exit_code, result.stderr) == (
        2,
        "zettai: Invalid value: the encoding of text.txt cannot be detected; write it in UTF-8\n",
    )
    assert list(client.list()) == []


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
