"""People who ask for Japanese meet no English: in the help of any command, in errors, and in findings."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.cli.helpers import settings
from tests.integration.cli.one_process import run
from tests.integration.cli.test_language import JAPANESE

from zettai import Lane, SmsClient, State

HELP = """
import json
from typer.testing import CliRunner
from zettai_cli.shared.language import use_language

use_language()

from zettai_cli.app import app
from typer.main import get_command

def paths(command, path=()):
    yield path
    for name, one in getattr(command, "commands", {}).items():
        yield from paths(one, (*path, name))

run = CliRunner().invoke
print(json.dumps({" ".join(path): run(app, [*path, "--help"]).stdout for path in paths(get_command(app))}))
"""
"""Prints the help of each command. The language of a process is fixed, so this is a process of its own."""

NAMES = re.compile(r"(?<!\w)--?[a-z][\w-]*|<[^>]*>|\b[A-Z][A-Z_0-9]+\b|(?<=使い方: ).*|\b\d\w*|\w+_\w+|:rate=.*")
"""What stays English: options, their types, placeholders, settings, names with underscores, and the usage line."""

WORD = re.compile(r"[A-Za-z][A-Za-z-]+[A-Za-z]")

SENTENCE = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")
"""Two English words, as a sentence has them."""

ALLOWED = {
    *("Redis", "Valkey", "Excel", "xlsx", "utf", "Web", "Webhook", "Prometheus", "Retry-After", "Ctrl-C", "beat"),
    *("all", "default", "transactional", "call-center"),  # values of options
    *("second", "minute", "hour", "mon", "wed", "sat", "mon-fri"),  # in rates and days
    *("number", "scope", "source", "body"),  # columns of files
}
"""The English words in Japanese help that are not the name of a command, a lane or a state."""


def english_words(text: str) -> set[str]:
    """Return the words of a text that are no names."""
    return set(WORD.findall(NAMES.sub("", text))) - ALLOWED


def test_help_of_each_command_is_japanese() -> None:
    shown = subprocess.run(
        [sys.executable, "-c", HELP],
        env=os.environ | JAPANESE | {"COLUMNS": "10000", "PYTHONUTF8": "1"},
        capture_output=True,
        check=True,
    )
    pages: dict[str, str] = json.loads(shown.stdout)
    commands = {word for path in pages for word in path.split()} | {"zettai"}

    assert len(pages) > 50
    assert {path for path, page in pages.items() if "使い方: zettai" not in page} == set()
    assert {path for path, page in pages.items() if "<bool>" in page} == set()
    found = {path: english_words(page) - commands - {*Lane, *State} for path, page in pages.items()}
    assert {path: words for path, words in found.items() if words} == {}


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("sned",), "'sned' というコマンドはありません。もしかして: 'send'"),
        (("send", "--tagg", "x"), "--tagg というオプションはありません。候補: --at, --tag"),
        (("send", "a", "b", "c"), "余分な引数があります: c"),
        (("send", "--tag"), "オプション '--tag' には値が必要です。"),
        (("list", "--limit", "0"), "'--limit' の値が正しくありません: 1 以上の値を指定してください"),
        (("list", "--limit", "x"), "'--limit' の値が正しくありません: 整数を指定してください"),
        (("send-csv", "/nowhere"), "'FILE' の値が正しくありません: ファイル '/nowhere' がありません。"),
        (("find", "0312345678"), "NUMBER の値が正しくありません: 値は 090、080、070 などで始まる携帯電話番号を"),
        (("gateway-key", "x y", "--scope", "send"), "値が正しくありません: 名前は 40 文字以内の英数字と"),
        (("simulate", "--port", "x"), "--port の値が正しくありません: 'x' は使用できません(int)"),
        (("simulate", "--fault", "html:rate=x"), "--fault の値が正しくありません: rate に 'x' は指定できません"),
        (("webhooks",), "ZETTAI_WEBHOOKS_FILE: 必須です"),
        (("worker",), "ZETTAI_CLIENT_ID: 必須です; ZETTAI_SMS_CODE: 必須です"),
        (("check-text", "a①"), "ISO-2022-JP にない文字です"),
        (("check-text", ""), "不可: 本文を入力してください。"),
        (("cancel-group", "g", "--yes=x"), "オプション '--yes' に値は指定できません。"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else "",
)
def test_errors_are_japanese(words: tuple[str, ...], text: str) -> None:
    ended = run(*words, COLUMNS="200", **JAPANESE)

    assert text in ended.stdout + ended.stderr


@pytest.mark.parametrize("given", ["5x", "12:60", ""])
def test_why_a_setting_is_refused_is_japanese(redis_settings: str, given: str) -> None:
    ended = run("worker", **JAPANESE, ZETTAI_LEASE=given)

    assert ended.stderr == "zettai: ZETTAI_LEASE: 秒数、または PT5M のような ISO 8601 形式で指定してください\n"


def test_refusal_by_a_guard_is_japanese(redis_settings: str) -> None:
    ended = run("send", "09012345678", "こんにちは", "--tag", "t1", **JAPANESE, ZETTAI_ONLY_TO="08011112222")

    assert ended.stderr == (
        "zettai: この環境では、登録された番号にのみ送信できます。"
        "(クライアントタグ 't1': 宛先の番号が ZETTAI_ONLY_TO にないため、この環境からは送信できません)\n"
    )


@pytest.mark.parametrize(
    ("content", "options", "text"),
    [
        (
            "電話番号,本文,備考\n09012345678,明日です,VIP\n",
            (),
            "UTF-8、カンマ区切り; 電話番号 = to, 本文 = body。使わない列: 備考",
        ),
        ("名前,本文\n佐藤,明日です\n", (), "電話番号の列がありません。--map 見出し=to のように列を指定してください。"),
        ("電話番号,本文\n09012345678,x\n", ("--sheet", "一覧"), "Excel ファイルではないため、シートはありません"),
        ("電話番号,本文\n09012345678,x\n", ("--encoding", "x9"), "'x9' という文字コードはありません。"),
        (
            "電話番号\n09012345678\n",
            ("--body", "{{名前}} 様"),
            "テンプレートの項目 {{名前}} に対応する列がありません。",
        ),
    ],
    ids=["form line", "header", "sheet", "encoding", "template"],
)
def test_lines_about_a_file_are_japanese(
    redis_settings: str, tmp_path: Path, content: str, options: tuple[str, ...], text: str
) -> None:
    path = tmp_path / "予約.csv"
    path.write_text(content, encoding="utf-8")

    ended = run("send-csv", str(path), "--dry-run", *options, COLUMNS="200", **JAPANESE)

    assert text in ended.stdout + ended.stderr


def test_rows_that_are_not_csv_are_explained_in_japanese(redis_settings: str, tmp_path: Path) -> None:
    path = tmp_path / "予約.csv"
    path.write_text('電話番号,本文\n09012345678,"明日です\n', encoding="utf-8")

    ended = run("send-csv", str(path), "--dry-run", COLUMNS="200", **JAPANESE)

    assert "次の行が正しい CSV ではありません(引用符が閉じていません)。修正してください" in ended.stderr


def test_question_is_repeated_in_japanese_and_takes_a_japanese_answer(client: SmsClient) -> None:
    client.send(to="09012345678", body="明日は10時にお越しください。", client_tag="t1", group="g")

    ended = run("cancel-group", "g", given="消して\nｙ\n", **JAPANESE)

    question = "1 件を取り消しますか? [y/N]: "
    assert ended.stderr == f"{question}y または n を入力してください\n{question}"
    assert "取消 1 件" in ended.stdout


def test_each_finding_of_the_doctor_is_japanese(client: SmsClient, redis_settings: str) -> None:
    client.send(to="09012345678", body="明日は10時にお越しください。", client_tag="t1")
    environment = settings(redis_settings) | {"ZETTAI_RATE_LIMT": "1", "ZETTAI_ONLY_TO": "09012345678"}

    shown = run("doctor", "--call", COLUMNS="500", **JAPANESE, **environment)

    assert "127.0.0.1:9: 接続が拒否されました" in shown.stdout
    assert set(SENTENCE.findall(shown.stdout)) == {"appendonly yes", "appendfsync everysec", "zettai worker"}


def test_tables_of_a_campaign_are_japanese(redis_settings: str, tmp_path: Path) -> None:
    path = tmp_path / "予約.csv"
    path.write_text("電話番号,本文\n09012345678,明日です\n0312345678,明日です\n", encoding="utf-8")

    sent = run("send-csv", str(path), "--group", "g", COLUMNS="200", **JAPANESE)
    report = run("report", "g", COLUMNS="200", **JAPANESE)

    assert "\n行  問題 " in sent.stdout
    assert "\n不明           1 " in report.stdout
