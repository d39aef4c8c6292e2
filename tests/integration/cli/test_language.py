"""The language of the command: Japanese for people who ask for it, English for programs."""

import json
from pathlib import Path

import pytest
from tests.integration.cli.one_process import run

from zettai import SmsClient

JAPANESE = {"LANGUAGE": "", "LC_ALL": "", "LC_MESSAGES": "", "LANG": "ja_JP.UTF-8"}


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--help",), "SMS を 1 通送ります。"),
        (("events", "--help"), "Redis に残っているイベントを古い順に表示します。"),
        (("send", "0312345678", "x"), "電話番号は 090、080、070 などで始まる携帯電話番号を入力してください。"),
        (("send", "09012345678"), "引数 'BODY' を指定してください。"),
        (("list", "--since", "x"), "'--since' の値が正しくありません: 'x' はタイムゾーン付きの時刻ではありません。"),
        (("status", "t0"), "タグ 't0' のメッセージはありません"),
        (("check-text", "ご予約は明日です"), "送信可否  可"),
    ],
    ids=["help", "help of a group", "invalid message", "missing argument", "option", "failure", "table"],
)
def test_people_read_japanese(redis_settings: str, words: tuple[str, ...], text: str) -> None:
    ended = run(*words, COLUMNS="200", **JAPANESE)

    assert text in ended.stdout + ended.stderr


def test_action_in_the_audit_log_is_japanese(client: SmsClient) -> None:
    run("limiter", "resume")

    shown, for_programs = run("audit", **JAPANESE).stdout, run("audit", "--json", **JAPANESE).stdout

    assert "  再開 resume  " in shown
    assert json.loads(for_programs)["action"] == "resume"


def test_known_error_is_japanese(client: SmsClient) -> None:
    client.send(to="09012345678", body="明日は10時にお越しください。", client_tag="t1")

    ended = run("send", "09012345678", "別の本文", "--tag", "t1", **JAPANESE)

    assert ended.stderr.startswith("zettai: クライアントタグ 't1' は別のメッセージで使用済みです。")


@pytest.mark.parametrize("options", [("--dry-run",), ("--group=g",)], ids=["dry run", "result"])
def test_problem_of_a_row_is_japanese(client: SmsClient, tmp_path: Path, options: tuple[str, ...]) -> None:
    path = tmp_path / "予約.csv"
    path.write_text("電話番号,本文\n0312345678,明日は10時にお越しください。\n", encoding="utf-8")

    ended = run("send-csv", str(path), *options, COLUMNS="200", **JAPANESE)

    assert "電話番号は 090、080、070 などで始まる携帯電話番号を入力してください。" in ended.stdout


def test_programs_read_english(client: SmsClient) -> None:
    client.send(to="09012345678", body="明日は10時にお越しください。", client_tag="t1")

    found = run("status", "t1", "--json", **JAPANESE)

    assert json.loads(found.stdout) == json.loads(run("status", "t1", "--json").stdout)
    assert json.loads(found.stdout)["reason"] == "created"


def test_report_and_its_page_are_japanese(client: SmsClient, tmp_path: Path) -> None:
    client.send(to="09012345678", body="明日は10時にお越しください。", client_tag="t1", group="予約確認")
    page = tmp_path / "report.html"

    ended = run("report", "予約確認", "--html", str(page), **JAPANESE)

    assert "通信事業者  件数  送信  配信済み  配信失敗" in ended.stdout
    assert '<html lang="ja">' in page.read_text(encoding="utf-8")
    assert "<caption>通信事業者</caption>" in page.read_text(encoding="utf-8")


def test_doctor_is_japanese_for_people_only(redis_settings: str) -> None:
    shown = run("doctor", **JAPANESE)
    programs = run("doctor", "--json", **JAPANESE)

    assert "応答するワーカーがいません" in shown.stdout
    assert "zettai worker を起動するか、そのログを確認してください" in shown.stdout
    assert {"name": "workers", "result": "failed", "found": "no worker answers"}.items() <= next(
        one.items() for one in json.loads(programs.stdout)["checks"] if one["name"] == "workers"
    )
