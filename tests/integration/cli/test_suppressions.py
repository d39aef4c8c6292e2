"""`zettai suppressions …`."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import Workbook
from tests.integration.cli.helpers import document, zettai

from zettai import Settings, SmsClient

KEY = "a key of suppressions, for tests only"
PHONE = "09012345678"


@pytest.fixture
def client(redis_settings: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmsClient]:
    """Return a client with the key that the commands have too."""
    assert redis_settings
    monkeypatch.setenv("ZETTAI_SUPPRESSION_KEY", KEY)
    with SmsClient(Settings.load()) as client:
        yield client


def _numbers(path: Path, count: int) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["number"], *([f"0901{number:07}"] for number in range(count))])
    return path


def test_added_number_is_shown_and_removed(client: SmsClient) -> None:
    added = zettai("suppressions", "add", "-", "--source=call-center", input=f"{PHONE}\n")
    again = zettai("suppressions", "add", PHONE, "--json")
    shown = zettai("suppressions", "show", PHONE, "--json")
    counted = zettai("suppressions", "count")

    assert (added.stdout, document(again)) == ("added\n", {"added": False})
    [scope] = document(shown)["scopes"]
    assert (scope["scope"], scope["source"]) == ("all", "call-center")
    assert counted.stdout == f"1 numbers, key {client.suppressions.fingerprint}\n"
    assert client.send(PHONE, "never").is_suppressed
    assert zettai("suppressions", "remove", PHONE, "--scope=marketing").exit_code == 1
    assert zettai("suppressions", "remove", PHONE).exit_code == 0
    assert zettai("suppressions", "show", PHONE).exit_code == 1


def test_commands_without_a_key_say_so(redis_settings: str) -> None:
    assert redis_settings
    for words in (("add", PHONE), ("remove", PHONE), ("show", PHONE), ("count",), ("export", "-")):
        result = zettai("suppressions", *words)
        assert result.exit_code == 3
        assert "ZETTAI_SUPPRESSION_KEY: must be set" in result.stderr


def test_command_with_another_key_changes_nothing(client: SmsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.suppressions.add(PHONE)
    monkeypatch.setenv("ZETTAI_SUPPRESSION_KEY", "another key of 32 characters or more")

    for words in (("suppressions", "remove", PHONE), ("send", PHONE, "text")):
        result = zettai(*words)
        assert result.exit_code == 3
        assert client.suppressions.fingerprint in result.stderr
    assert client.suppressions.get(PHONE)
    assert not list(client.list())


def test_import_takes_numbers_as_people_write_them(client: SmsClient, tmp_path: Path) -> None:
    rows = [
        ["氏名", "電話番号", "scope", "source"],
        ["山田", "０９０－１２３４－５６７８", "", ""],
        ["佐藤", "9012345679", "marketing", "web-form"],
        ["鈴木", "03-1234-5678", "", ""],
        ["高橋", "09012345670", "no blanks", ""],
        ["田中", "", "", ""],
    ]
    with (tmp_path / "list.csv").open("w", encoding="cp932", newline="") as file:
        csv.writer(file).writerows(rows)

    result = zettai("suppressions", "import", tmp_path / "list.csv", "--source=old-system")

    assert result.exit_code == 1
    first, *others = [line.split() for line in result.stdout.splitlines()]
    assert " ".join(first) == "2 added, 0 known already, 3 bad"
    assert [line[0] for line in others] == ["line", "4", "5", "6"]
    assert "312345678" not in result.stdout.replace("-", "")
    assert client.suppressions.get("09012345678").scopes[0].source == "old-system"  # type: ignore[union-attr]
    assert client.suppressions.get("09012345679").scopes[0].scope == "marketing"  # type: ignore[union-attr]
    again = zettai("suppressions", "import", tmp_path / "list.csv", "--encoding=cp932", "--json")
    *problems, totals = [json.loads(line) for line in again.stdout.splitlines()]
    assert [one["line"] for one in problems] == [4, 5, 6]
    assert totals == {"added": 0, "known": 2, "bad": 3}


def test_excel_file_is_imported(client: SmsClient, tmp_path: Path) -> None:
    """A spreadsheet drops the first zero of a number."""
    book = Workbook()
    sheet = book.create_sheet(index=0)
    for row in (["電話番号", "source"], [9012345678, "shop"], ["090-1234-5679", None]):
        sheet.append(row)
    book.save(tmp_path / "list.xlsx")

    result = zettai("suppressions", "import", tmp_path / "list.xlsx")

    assert result.stdout == "2 added, 0 known already, 0 bad\n"
    assert client.suppressions.get("09012345678").scopes[0].source == "shop"  # type: ignore[union-attr]


def test_file_that_cannot_be_read_to_its_end_says_where_it_stopped(client: SmsClient, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text('09012345678\n"09012345679" x\n', encoding="utf-8")

    result = zettai("suppressions", "import", path)

    assert result.exit_code == 1
    assert "stopped after line" in result.stderr
    assert "the next row is not valid CSV" in result.stderr


def test_file_without_a_header_is_imported(client: SmsClient, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("09012345678\n\n090-1234-5679\n", encoding="utf-8-sig")

    assert zettai("suppressions", "import", path).stdout == "2 added, 0 known already, 0 bad\n"
    assert client.suppressions.count() == 2


def test_file_with_unknown_columns_is_refused(client: SmsClient, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("name,address\nx,y\n", encoding="utf-8")

    result = zettai("suppressions", "import", path)

    assert (result.exit_code, client.suppressions.count()) == (2, 0)


def test_export_is_imported_with_the_same_key_only(
    client: SmsClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.suppressions.add(PHONE, "all", source="web-form")
    client.suppressions.add(PHONE, "marketing")
    client.suppressions.add("09012345679")
    before = client.suppressions.get(PHONE)
    path = tmp_path / "export.csv"

    assert zettai("suppressions", "export", path).exit_code == 0
    assert zettai("suppressions", "export", path).exit_code == 1  # it exists
    assert "12345678" not in path.read_text(encoding="utf-8")
    assert zettai("suppressions", "clear", "--json").exit_code == 0
    assert client.suppressions.count() == 2
    assert zettai("suppressions", "clear", "--yes").stdout == "2 removed\n"
    assert client.suppressions.count() == 0

    assert zettai("suppressions", "import", path).stdout == "3 added, 0 known already, 0 bad\n"
    assert client.suppressions.get(PHONE) == before
    monkeypatch.setenv("ZETTAI_SUPPRESSION_KEY", "another key of 32 characters or more")
    refused = zettai("suppressions", "import", path)
    assert (refused.exit_code, "hashes cannot be converted" in refused.stderr) == (2, True)


def test_line_that_is_not_of_an_export_is_bad(client: SmsClient, tmp_path: Path) -> None:
    lines = ["x" * 22 + ",all,2026-01-01T00:00:00+09:00,", "short,all,2026-01-01T00:00:00+09:00,", "a,b"]
    lines += ["x" * 22 + ",all,2026-01-01T00:00:00,", "x" * 22 + ",a b,2026-01-01T00:00:00+09:00,"]
    header = f"hash_by_{client.suppressions.fingerprint},scope,since,source"
    (tmp_path / "export.csv").write_text("\n".join([header, *lines]), encoding="utf-8")

    result = zettai("suppressions", "import", tmp_path / "export.csv", "--json")

    assert document_of_last_line(result.stdout) == {"added": 1, "known": 0, "bad": 4}


def document_of_last_line(stdout: str) -> dict[str, int]:
    """Return the totals of an import with --json."""
    totals: dict[str, int] = json.loads(stdout.splitlines()[-1])
    return totals


@pytest.mark.long
@pytest.mark.timeout(120)
def test_import_adds_100_000_numbers(client: SmsClient, tmp_path: Path) -> None:
    assert zettai("suppressions", "import", _numbers(tmp_path / "list.csv", 100_000)).exit_code == 0

    assert client.suppressions.count() == 100_000
    assert client.send("09010099999", "never").is_suppressed
    assert not client.send("09010100000", "hello").is_suppressed


@pytest.mark.long
@pytest.mark.timeout(300)
def test_import_adds_1_000_000_numbers(client: SmsClient, tmp_path: Path) -> None:
    assert zettai("suppressions", "import", _numbers(tmp_path / "list.csv", 1_000_000)).exit_code == 0

    assert client.suppressions.count() == 1_000_000
    assert client.send("09010999999", "never").is_suppressed


def test_doctor_finds_a_process_with_another_key(client: SmsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.suppressions.add(PHONE)
    same = document(zettai("doctor", "--json"))
    monkeypatch.setenv("ZETTAI_SUPPRESSION_KEY", "another key of 32 characters or more")
    other = document(zettai("doctor", "--json"))

    results = [one["result"] for report in (same, other) for one in report["checks"] if one["name"] == "suppressions"]
    assert results == ["ok", "failed"]


def test_report_shows_suppressed_messages_as_a_cause(client: SmsClient) -> None:
    client.suppressions.add(PHONE)
    for number in (PHONE, "09012345679"):
        client.send(number, "text", group="summer")

    assert document(zettai("report", "summer", "--json"))["causes"] == [
        {"state": "canceled", "reason": "suppressed", "messages": 1}
    ]


def test_send_csv_counts_suppressed_rows(client: SmsClient, tmp_path: Path) -> None:
    client.suppressions.add(PHONE, "marketing")
    path = tmp_path / "campaign.csv"
    path.write_text(f"to,body,category\n{PHONE},a,\n09012345679,b,transactional\n", encoding="utf-8")

    printed = zettai("send-csv", path, "--map=category=category").stdout

    assert "1 recorded, 1 canceled because their numbers are suppressed, 0 bad" in printed


def test_category_of_customers_is_not_that_of_the_message(client: SmsClient, tmp_path: Path) -> None:
    """A message with another category than the opt-out would be sent."""
    client.suppressions.add(PHONE, "marketing")
    path = tmp_path / "campaign.csv"
    path.write_text(f"to,body,category\n{PHONE},a,gold\n", encoding="utf-8")

    printed = zettai("send-csv", path).stdout

    assert "not used: category" in printed
    assert "1 canceled because their numbers are suppressed" in printed


def test_top_shows_opt_outs(client: SmsClient) -> None:
    client.suppressions.add(PHONE)
    client.send(PHONE, "never")

    values = document(zettai("top", "--once", "--json"))

    assert values["suppressed_numbers"] == 1
    assert values["suppressed_messages"] == {"accepted": 1, "claimed": 0, "reserved": 0}
