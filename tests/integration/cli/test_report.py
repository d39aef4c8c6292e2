"""`zettai report` with a real store."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from defusedxml.ElementTree import parse  # type: ignore[import-untyped]
from tests.integration.cli.helpers import PHONE, document, zettai
from tests.support.store_helpers import claim_one, update_one

from zettai import SmsClient, State
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys


@pytest.fixture
def campaign(client: SmsClient, redis_settings: str) -> Iterator[WorkerStore]:
    """Create six messages: two delivered, one not, one at the provider, one canceled, one waiting with a long text."""
    store = WorkerStore(connect(redis_settings), Keys("zettai"))
    for tag in ("d1", "d2", "u", "a", "c"):
        client.send(PHONE, "secret", client_tag=tag, group="summer", carrier="au" if tag == "u" else None)
    client.send(PHONE, "あ" * 133, client_tag="q", group="summer")
    client.send(PHONE, "x", client_tag="other")
    client.cancel("c")
    for tag in ("d1", "d2", "u", "a"):
        claim_one(store, tag)
        update_one(store, tag, State.ACCEPTED)
    taken = frozenset({State.ACCEPTED})
    for tag in ("d1", "d2"):
        update_one(store, tag, State.DELIVERED, expected_states=taken, claim_id=None, fields={"parts": 1})
    update_one(
        store, "u", State.UNDELIVERED, expected_states=taken, claim_id=None, fields={"parts": 0, "detail": "11721"}
    )
    yield store
    store.close()


def test_report_as_json_has_all_statistics(campaign: WorkerStore) -> None:
    found = document(zettai("report", "summer", "--json"))

    assert found["messages"] == 6
    assert {name: count for name, count in found["outcomes"].items() if count} == {
        "delivered": 2,
        "undelivered": 1,
        "under way": 1,
        "pending": 1,
        "canceled": 1,
    }
    assert found["causes"] == [{"state": "undelivered", "reason": "congestion (11721)", "messages": 1}]
    assert found["cost"] == {
        "billed_parts": 2,
        "billed_messages": 3,
        "expected_parts": 3 + 1,
        "expected_messages": 2,
        "unknown_messages": 0,
    }
    assert found["delay_seconds"]["count"] == 2
    assert found["carriers"]["au"]["undelivered"] == 1


def test_report_counts_the_messages_with_the_given_metadata(client: SmsClient, campaign: WorkerStore) -> None:
    client.send(PHONE, "secret", client_tag="osaka", group="summer", metadata={"shop": "Osaka"})

    assert document(zettai("report", "summer", "--json", "--metadata=shop=Osaka"))["messages"] == 1
    assert zettai("report", "summer", "--metadata=shop=Kyoto").exit_code == 1


def test_report_is_shown_as_tables(campaign: WorkerStore) -> None:
    shown = zettai("report", "summer").stdout

    for part in ("6", "2 parts billed", "about 4 more, estimated", "congestion (11721)", "unknown", "33.3 %"):
        assert part in shown
    assert "secret" not in shown
    assert PHONE[1:] not in shown


def test_svg_and_html_are_written_beside_csv(campaign: WorkerStore, tmp_path: Path) -> None:
    result = zettai("report", "summer", "--svg", tmp_path / "a.svg", "--html", tmp_path / "a.html", "--csv")

    assert result.exit_code == 0
    assert parse(tmp_path / "a.svg").getroot().get("role") == "img"
    assert "<h1>Campaign summer</h1>" in (tmp_path / "a.html").read_text(encoding="utf-8")
    figures = list(csv.reader(io.StringIO(result.stdout)))
    assert figures[:3] == [["name", "of", "value"], ["messages", "", "6"], ["sent", "", "4"]]


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (["nobody"], 1, "no message belongs to the group 'nobody'"),
        ([" "], 2, "group: "),
        (["summer", "--csv", "--json"], 2, "either --csv or --json"),
        (["summer", "--svg=/nowhere/a.svg"], 1, "cannot write /nowhere/a.svg: No such file"),
    ],
)
def test_failed_report_is_one_line(campaign: WorkerStore, words: list[str], code: int, problem: str) -> None:
    result = zettai("report", *words)

    assert (result.exit_code, result.stdout) == (code, "")
    assert problem in result.stderr
