"""The files that `zettai send-csv` reads: as spreadsheets write them, and damaged ones."""

import json
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st
from openpyxl import Workbook
from tests.integration.cli.helpers import zettai

from zettai import SmsClient
from zettai.campaign_files.tables.opening import open_table
from zettai.campaign_files.tables.table import UnreadableFile
from zettai.core.store import WorkerStore
from zettai.core.times import JST

TEMPLATE = "--body={{名前}} 様 {{金額}}円"

HEADER = ["電話番号", "名前", "金額"]

ROWS = [["090-1234-5678", "髙橋①", "1,000"], ["9012345679", "山田\n太郎", "500"]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "campaign.csv"


def quoted(rows: Sequence[Sequence[str]], separator: str = ",", end: str = "\r\n") -> str:
    """Return CSV as Excel writes it, with quotes where they are needed."""

    def cell(text: str) -> str:
        return f'"{text}"' if set(text) & {",", ";", "\t", "\n", '"'} else text

    return "".join(separator.join(map(cell, row)) + end for row in rows)


def table(file: Path, **options: str) -> tuple[str, list[tuple[int, list[str]]]]:
    """Return how a file was understood, and its rows."""
    with open_table(file, **options) as opened:
        return opened.form, list(opened.rows)


def workbook(path: Path, rows: Sequence[Sequence[Any]], formats: dict[str, str] | None = None) -> Path:
    """Write an .xlsx file."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    for cell, number_format in (formats or {}).items():
        sheet[cell].number_format = number_format
    book.create_sheet("other").append(["電話番号"])
    book.save(path)
    return path


class Form(NamedTuple):
    """How a text file is written, and what the command says about it."""

    encoding: str
    separator: str
    end: str
    said: str


FORMS = [
    Form("utf-8", ",", "\r\n", "UTF-8, separated by commas"),
    Form("utf-8", ";", "\n", "UTF-8, separated by semicolons"),
    Form("utf-8", "\t", "\r", "UTF-8, separated by tabs"),
    Form("utf-8-sig", ",", "\r\n", "UTF-8 with a byte order mark, separated by commas"),
    Form("utf-8-sig", ";", "\r", "UTF-8 with a byte order mark, separated by semicolons"),
    Form("cp932", ",", "\r\n", "CP932 (Shift_JIS), separated by commas"),
    Form("cp932", "\t", "\r", "CP932 (Shift_JIS), separated by tabs"),
    Form("utf-16", "\t", "\r\n", "UTF-16, separated by tabs"),
]


@pytest.mark.parametrize("form", FORMS)
def test_form_of_a_text_file_is_detected_and_said(
    client: SmsClient, store: WorkerStore, path: Path, form: Form
) -> None:
    path.write_bytes(quoted([HEADER, *ROWS], form.separator, form.end).encode(form.encoding))

    result = zettai("send-csv", path, TEMPLATE, "--tag-prefix=p")

    assert result.exit_code == 0
    assert result.stdout.startswith(
        f"campaign.csv: {form.said}; 電話番号 = to, {{{{名前}}}}, {{{{金額}}}}\n2 recorded, 0 bad"
    )
    assert store.bodies(["p-2", "p-3"]) == ["髙橋① 様 1,000円", "山田\n太郎 様 500円"]
    found = client.get("p-3")
    assert found is not None
    assert found.to == "+819012345679"


def test_utf_16_in_the_other_byte_order_is_read(path: Path) -> None:
    path.write_bytes(b"\xfe\xff" + quoted([HEADER, *ROWS]).encode("utf-16-be"))

    assert table(path) == ("UTF-16, separated by commas", [(1, HEADER), (2, ROWS[0]), (3, ROWS[1])])


@pytest.mark.parametrize(
    ("content", "reason"),
    [("to,body\n1,カタカナ\n".encode("euc_jp"), "CP932 or EUC-JP"), (b"\x81", "neither"), (b"\xff\xfea", "not utf-16")],
)
def test_doubtful_encoding_is_refused(path: Path, content: bytes, reason: str) -> None:
    path.write_bytes(content)

    with pytest.raises(UnreadableFile, match=reason):
        table(path)


def test_separator_in_quotes_does_not_count(path: Path) -> None:
    path.write_text('"a,b,c,d";"e"\n1;2\n', encoding="utf-8")

    assert table(path)[1] == [(1, ["a,b,c,d", "e"]), (2, ["1", "2"])]


def test_empty_rows_are_left_out_and_keep_their_numbers(path: Path) -> None:
    path.write_text("\n電話番号,本文,\n\n09012345678,x,\n,,\n  ,\t\n09012345679,y\n", encoding="utf-8")

    assert [number for number, _ in table(path)[1]] == [2, 4, 7]
    outcomes = [json.loads(line) for line in zettai("send-csv", path, "--dry-run", "--json").stdout.splitlines()]
    assert [(one["row"], one["ok"]) for one in outcomes if "row" in one] == [(4, True), (7, True)]


def test_line_ends_in_texts_become_line_feeds(client: SmsClient, store: WorkerStore, path: Path) -> None:
    path.write_bytes(b'to,body\r\n09012345678,"a\r\nb\rc\nd"\r\n')

    assert zettai("send-csv", path, "--tag-prefix=p").exit_code == 0
    assert store.bodies(["p-2"]) == ["a\nb\nc\nd"]


def test_excel_file_is_read_as_its_export_to_csv(client: SmsClient, store: WorkerStore, tmp_path: Path) -> None:
    header = ["電話番号", "名前", "金額", "率", "日", "時刻", "長さ", "送信日時", "済"]
    values = [
        9012345678,
        "髙橋",
        1200.0,
        0.1,
        datetime(2099, 12, 1),  # noqa: DTZ001 - Excel has no time zones
        time(9, 30),
        timedelta(hours=25),
        datetime(2099, 12, 1, 9, 0),  # noqa: DTZ001
        True,
    ]
    path = workbook(tmp_path / "campaign.xlsx", [header, [], values], {"E3": "yyyy/m/d"})
    template = "--body={{名前}} {{金額}} {{率}} {{日}} {{時刻}} {{長さ}} {{済}}"

    result = zettai("send-csv", path, template, "--tag-prefix=p")

    assert result.stdout.startswith("campaign.xlsx: Excel, sheet Sheet; 電話番号 = to, 送信日時 = send_at, ")
    assert store.bodies(["p-3"]) == ["髙橋 1200 0.1 2099/12/01 09:30 25:00 TRUE"]
    found = client.get("p-3")
    assert found is not None
    assert found.to == "+819012345678"
    assert found.send_at == datetime(2099, 12, 1, 9, 0, tzinfo=JST)


def test_midnight_is_a_time_and_a_day_is_none(tmp_path: Path) -> None:
    midnight = datetime(2099, 12, 1)  # noqa: DTZ001
    rows: list[list[Any]] = [["電話番号", "本文", "送信日時"], [9012345678, "x", midnight], [9012345679, "y", midnight]]
    path = workbook(tmp_path / "campaign.xlsx", rows, {"C2": "yyyy/m/d h:mm", "C3": "yyyy/m/d"})

    shown = zettai("send-csv", path, "--dry-run").stdout

    assert "at 2099-12-01 00:00 JST  “x”" in shown
    assert "row 3       +81********79  送信日時: must be a day and a time" in shown


def test_excel_file_is_known_by_its_content(tmp_path: Path) -> None:
    path = workbook(tmp_path / "campaign.xlsx", [HEADER, *ROWS]).rename(tmp_path / "campaign.csv")

    assert zettai("send-csv", path, TEMPLATE, "--dry-run").stdout.startswith("campaign.csv: Excel, sheet Sheet; ")


def test_other_zip_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "campaign.xlsx"
    with ZipFile(path, "w") as opened:
        opened.writestr("campaign.csv", "to,body")

    with pytest.raises(UnreadableFile, match="not a valid"):
        table(path)


def test_sheet_is_chosen_by_its_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "campaign.xlsx", [HEADER])

    assert table(path, sheet="other") == ("Excel, sheet other", [(1, ["電話番号"])])
    with pytest.raises(UnreadableFile, match="its sheets are Sheet, other"):
        table(path, sheet="third")


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!"])
def test_error_of_a_spreadsheet_is_an_error_of_its_row(path: Path, error: str) -> None:
    path.write_text(f"電話番号,名前\n09012345678,{error}\n{error},山田\n", encoding="utf-8")

    result = zettai("send-csv", path, "--body={{名前}}", "--dry-run", "--json")

    problems = [one.get("error") for one in map(json.loads, result.stdout.splitlines()) if "row" in one]
    assert problems == [
        f"名前: has the error {error} of the spreadsheet",
        f"電話番号: has the error {error} of the spreadsheet",
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04 rubbish", "not a valid .xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Excel file"),
        (b"\x81", "it is neither"),
    ],
)
def test_unreadable_file_is_refused(path: Path, content: bytes, reason: str) -> None:
    path.write_bytes(content)

    result = zettai("send-csv", path, "--dry-run")

    assert result.exit_code == 1
    assert reason in result.stderr


@rules(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0), value=st.integers(0, 255), length=st.none() | st.integers(0))
def test_damaged_excel_file_is_read_or_refused(tmp_path: Path, position: int, value: int, length: int | None) -> None:
    good = tmp_path / "good.xlsx"
    if not good.exists():
        workbook(good, [HEADER, *ROWS])
    content = bytearray(good.read_bytes())
    content[4 + position % (len(content) - 4)] = value
    path = tmp_path / "damaged.xlsx"
    path.write_bytes(content[: None if length is None else 4 + length % len(content)])

    result = zettai("send-csv", path, TEMPLATE, "--dry-run", "--json")

    assert result.exit_code in {0, 1, 2}
    assert len(result.stderr.splitlines()) <= 1


def test_excel_file_with_a_row_that_excel_cannot_have_is_refused(tmp_path: Path) -> None:
    """openpyxl would yield two billion empty rows before it."""
    good, path = workbook(tmp_path / "good.xlsx", [HEADER, *ROWS]), tmp_path / "odd.xlsx"
    with ZipFile(good) as source, ZipFile(path, "w") as target:
        for name in source.namelist():
            row = b'<row r="2000000000"><c r="A2000000000"><v>1</v></c></row></sheetData>'
            target.writestr(name, source.read(name).replace(b"</sheetData>", row))

    result = zettai("send-csv", path, TEMPLATE, "--dry-run")

    assert result.exit_code == 1
    assert "the next row of the sheet is damaged" in result.stderr


def test_excel_file_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    good, path = workbook(tmp_path / "good.xlsx", [HEADER, *ROWS]), tmp_path / "dense.xlsx"
    with ZipFile(good) as source, ZipFile(path, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            cell = (
                b'<row r="9"><c r="A9" t="inlineStr"><is><t>' + b"x" * 20_000_000 + b"</t></is></c></row></sheetData>"
            )
            target.writestr(name, source.read(name).replace(b"</sheetData>", cell))

    result = zettai("send-csv", path, TEMPLATE, "--dry-run")

    assert result.exit_code == 1
    assert "much larger than it looks" in result.stderr


def test_row_with_too_many_columns_is_refused(tmp_path: Path) -> None:
    wide = [*HEADER, *(f"column {number}" for number in range(1000))]
    (text := tmp_path / "wide.csv").write_text(",".join(wide) + "\n", encoding="utf-8")
    for path in (text, workbook(tmp_path / "wide.xlsx", [wide])):
        result = zettai("send-csv", path, TEMPLATE, "--dry-run")

        assert result.exit_code == 1
        assert "row 1 has more than 1,000 columns" in result.stderr


CELLS = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=10)


@rules(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=5),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    separator=st.sampled_from(",;\t"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_table_is_read_as_it_was_written(
    path: Path, rows: list[list[str]], encoding: str, separator: str, end: str
) -> None:
    lines = [["a", "b", "c", "d"], *rows]
    text = end.join(separator.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in lines)
    path.write_bytes(text.encode(encoding))

    expected = [(number, row) for number, row in enumerate(lines, start=1) if any(cell.strip() for cell in row)]
    assert table(path)[1] == expected


JAPANESE = st.text(st.sampled_from("あいうえお漢字髙﨑①㈱〜－ｱｲｳ日本ＡＢ ab1"), min_size=1, max_size=20)


@rules(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JAPANESE)
def test_cp932_is_detected_or_refused_but_never_read_as_something_else(path: Path, text: str) -> None:
    path.write_bytes(f"電話番号,{text}x\n".encode("cp932", "replace"))

    try:
        form, rows = table(path)
    except UnreadableFile:
        return
    assert form.startswith("CP932")
    assert rows[0][1][1].encode("cp932") == f"{text}x".encode("cp932", "replace")
