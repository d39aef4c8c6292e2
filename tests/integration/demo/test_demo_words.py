"""The demo in Japanese: no text of its screen and its summary stays in English."""

import gettext
import io
import re

import pytest
from rich.console import Console, RenderableType
from tests.integration.demo.test_view import SNAPSHOT

from zettai_cli.processes.demo_words import in_words
from zettai_cli.shared import language
from zettai_demo.evidence import Evidence
from zettai_demo.faults import FAULTS
from zettai_demo.oracle import CHECKS
from zettai_demo.summary import Measurements, Summary
from zettai_demo.view import panel

ENGLISH = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")
"""Two English words, as a sentence has them."""

NAMES = {"zettai demo"}


@pytest.fixture(autouse=True)
def _japanese(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = gettext.translation(language.DOMAIN, language.FOLDER, ["ja"])
    monkeypatch.setattr(language, "_catalog", lambda: catalog)


def printed(*shown: RenderableType) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(*shown)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_panel_is_japanese() -> None:
    shown = printed(panel(SNAPSHOT, 600, in_words))

    assert "任意の 1 秒間に 599" in shown
    assert "接続の切断, HTTP 503" in shown
    assert set(ENGLISH.findall(shown)) - NAMES == {"It began"}  # the event of the test


def test_summary_is_japanese(evidence: Evidence, measurements: Measurements) -> None:
    console = Console(file=io.StringIO(), width=200)
    Summary([check(evidence) for check in CHECKS], measurements).print(console, in_words)
    assert isinstance(console.file, io.StringIO)

    passed = [line for line in console.file.getvalue().splitlines() if "  " in line]
    assert [line for line in passed if ENGLISH.search(line) and "失敗" not in line] == []
    assert "すべての検証に合格しました。" in console.file.getvalue()


@pytest.mark.parametrize(
    ("text", "japanese"),
    [
        ("Rejected an invalid message: body: must have 1 to 660 characters, has 0", "本文を入力してください。"),
        (
            "Cancel of 30 queued messages: 28 canceled, 2 too late",
            "待機中のメッセージ 30 件の取消: 取消 28, 取消不可 2",
        ),
        ("expected within 60 s: the campaign is sent; the workers' log ends with: x", "キャンペーンが送信される"),
        ("99.5% (3,000 calls in 5.0 s)", "99.5%(5.0 秒間に 3,000 コール)"),
    ],
)
def test_values_of_a_text_are_japanese(text: str, japanese: str) -> None:
    assert japanese in in_words(text)


def test_faults_are_japanese() -> None:
    assert [fault.label for fault in FAULTS if ENGLISH.search(in_words(fault.label))] == []
