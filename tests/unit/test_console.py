"""The parts of the console that need no server: languages, words, roles, the chart, and confirmations."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from pydantic import SecretStr
from redis.exceptions import ConnectionError as RedisConnectionError

from zettai import LedgerUnavailable, Message, State
from zettai.campaign_report.builder import ReportBuilder
from zettai.campaign_report.statistics import Outcome, Report
from zettai.core.aossms.codes import FailureCause, ResponseCode
from zettai.core.lanes import Lane
from zettai.core.store.suspension import PAUSED
from zettai.core.times import JST
from zettai.requeueing import Obstacle
from zettai_console import live_reports
from zettai_console.campaign_file import Choices, Confirmations
from zettai_console.chart import HEIGHT, WIDTH, chart_of
from zettai_console.language import Language, choose, translations
from zettai_console.live_reports import LiveReports
from zettai_console.security.roles import Right, RoleTable
from zettai_console.words.files import OTHER, explain_file
from zettai_console.words.obstacles import OBSTACLES
from zettai_console.words.reasons import CAUSES, CODES, explain
from zettai_console.words.states import LANES, OUTCOMES, STATES
from zettai_worker.provider.request_errors import NOT_SENT_REASONS

ROOT = Path(__file__).parents[2]

AT = datetime(2026, 12, 1, 9, 0, tzinfo=JST)


def in_japanese(text: str, /, **parameters: object) -> str:
    """Translate a text."""
    translated = translations(Language.JAPANESE).gettext(text)
    return translated % parameters if parameters else translated


@pytest.mark.parametrize(
    ("cookies", "accepted", "language"),
    [
        ({}, "en-US,en;q=0.9,ja;q=0.8", Language.ENGLISH),
        ({}, "ja", Language.JAPANESE),
        ({}, "fr-FR,en;q=0.3,ja;q=0.5", Language.JAPANESE),
        ({}, "", Language.JAPANESE),
        ({}, "de;q=x,,;q=", Language.JAPANESE),
        ({"zettai_language": "en"}, "ja", Language.ENGLISH),
        ({"zettai_language": "../en"}, "en", Language.ENGLISH),
    ],
)
def test_language_is_the_chosen_one_or_the_preferred_one(
    cookies: dict[str, str], accepted: str, language: Language
) -> None:
    assert choose(cookies, accepted) is language


def test_everything_has_words() -> None:
    assert set(STATES) == set(State)
    assert set(OUTCOMES) == set(Outcome)
    assert set(LANES) == set(Lane)
    assert set(CAUSES) == set(FailureCause)
    assert set(CODES) == set(ResponseCode) - {ResponseCode.SUCCESS}
    assert set(OBSTACLES) == set(Obstacle)


def written_reasons() -> Iterator[str]:
    """Yield the reasons that our code records, apart from those with the provider's words."""
    for path in (ROOT / "producers/zettai/core/store/lua").glob("*.lua"):
        yield from re.findall(r"change_state\([^)]*, '\w+', '([^']+)'", path.read_text(encoding="utf-8"))
    for name in (
        "sending/after_attempt.py",
        "sending/after_lookup.py",
        "following/cancel_rules.py",
        "following/status_checks.py",
    ):
        text = (ROOT / "worker/zettai_worker" / name).read_text(encoding="utf-8")
        yield from re.findall(r'(?:State\.[A-Z_]+,|return) "([^"]+)"', text)
    yield from NOT_SENT_REASONS.values()
    yield PAUSED


def test_each_reason_of_our_code_has_words() -> None:
    found = set(written_reasons())

    assert len(found) > 15
    assert {reason for reason in found if explain(reason, in_japanese) == reason} == set()


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("statusId 3 31732", "この番号は使われていません。(通信事業者のコード 31732)"),
        ("statusId 3", "通信事業者が示した原因は不明です。"),
        ("110 Invalid 09012345678", "プロバイダーのメッセージ:「Invalid 0********78」"),
        ("777 new", "仕様にないコードです"),
        ("HTTP 403", "HTTP 403"),
        ("something 09012345678", "something 0********78"),
    ],
)
def test_reason_is_explained_without_a_full_number(reason: str, words: str) -> None:
    assert words in explain(reason, in_japanese)


def test_reason_of_the_provider_is_not_taken_for_a_pattern() -> None:
    assert "100 % (x)s" in explain("110 100 % (x)s %s", in_japanese)


def test_file_error_is_explained_by_its_longest_beginning() -> None:
    assert "Excel" in explain_file("it is not a valid .xlsx file")
    assert explain_file("something new") == OTHER


def test_role_table_has_a_role_for_all_others() -> None:
    table = RoleTable.parse("aoki@example.com=admin *=read")

    assert table.rights_of("aoki@example.com") == frozenset(Right)
    assert table.rights_of("sato") == {Right.VIEW, Right.FIND}
    assert RoleTable.parse("").rights_of("sato") == frozenset()


@pytest.mark.parametrize("text", ["aoki", "aoki=boss", "=read", "aoki=read aoki=send"])
def test_wrong_role_table_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="USER=ROLE"):
        RoleTable.parse(text)


def report(*ends: tuple[State, float]) -> Report:
    """Return a report about messages that reached states after so many seconds."""
    builder = ReportBuilder()
    for number, (state, seconds) in enumerate(ends):
        at = AT + timedelta(seconds=seconds)
        builder.add(
            Message(
                client_tag=str(number),
                to="+819012345678",
                lane=Lane.BULK,
                state=state,
                since=at,
                reason="x",
                created_at=AT,
                expires_at=AT,
                sent_at=AT,
            )
        )
    return builder.build("g", AT)


def test_bars_of_a_chart_fill_its_width_and_height() -> None:
    ends = [(State.DELIVERED, second) for second in range(40)] + [(State.UNDELIVERED, 0), (State.QUEUED, 0)]

    chart = chart_of(report(*ends))

    assert sum(bar.width for bar in chart.shares) == pytest.approx(WIDTH)
    assert [bar.count for bar in chart.shares] == [40, 1, 1]
    assert chart.highest == 2
    first = [bar for bar in chart.columns if bar.left == 0]
    assert [(bar.outcome, bar.top, bar.height) for bar in first] == [
        (Outcome.DELIVERED, HEIGHT / 2, HEIGHT / 2),
        (Outcome.UNDELIVERED, 0, HEIGHT / 2),
    ]
    assert max(bar.left + bar.width for bar in chart.columns) <= WIDTH


def test_chart_without_results_has_no_columns() -> None:
    assert chart_of(report((State.QUEUED, 0))).columns == ()


CHOICES = Choices(group="g", text="x", category=None, encoding=None, duplicates=False)


def test_confirmation_belongs_to_its_user_file_and_choices() -> None:
    ours, others = (Confirmations(SecretStr(letter * 40)) for letter in "ab")
    signed = ours.sign("aoki", "csv-1", CHOICES)

    assert ours.is_of(signed, "aoki", "csv-1", CHOICES)
    assert not ours.is_of(signed, "sato", "csv-1", CHOICES)
    assert not ours.is_of(signed, "aoki", "csv-2", CHOICES)
    assert not ours.is_of(
        signed, "aoki", "csv-1", Choices(group="g", text="x", category=None, encoding=None, duplicates=True)
    )
    assert not others.is_of(signed, "aoki", "csv-1", CHOICES)
    assert not ours.is_of("", "aoki", "csv-1", CHOICES)


def test_slow_report_is_computed_once_for_all_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_reports, "PATIENCE", 0.01)
    computed, release = [], Event()

    def read(group: str, _: str | None) -> Report:
        computed.append(group)
        release.wait(60)
        return report((State.QUEUED, 0))

    reports = LiveReports(read)
    try:
        assert [reports.get("g") for _ in range(5)] == [None] * 5
        release.set()
        monkeypatch.setattr(live_reports, "PATIENCE", 10)
        assert reports.get("g") is not None
        assert reports.get("g") is not None
    finally:
        release.set()
        reports.close()

    assert computed == ["g"]


def test_report_without_redis_is_an_error_and_is_tried_again() -> None:
    answers: Iterator[Report | None] = iter([None, report((State.QUEUED, 0))])

    def read(_: str, __: str | None) -> Report:
        answer = next(answers)
        if answer is None:
            raise RedisConnectionError
        return answer

    reports = LiveReports(read)
    try:
        with pytest.raises(LedgerUnavailable):
            reports.get("g")
        assert reports.get("g") is not None
    finally:
        reports.close()
