"""`zettai guards …`, and what other commands say about refused messages."""

import json
from pathlib import Path

import pytest
from redis import Redis
from tests.integration.cli.helpers import PHONE, document, zettai


def test_show_has_refusals_parts_and_paused_producers(redis_settings: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZETTAI_BUDGETS", "2/day group spring")
    with Redis.from_url(redis_settings, decode_responses=True) as redis:
        redis.hset("zettai:loops", "shop normal", json.dumps({"count": 900, "usual": 20, "seen": 60, "paused": True}))
    for number in range(3):
        sent = zettai("send", PHONE, f"text {number}", "--group=spring")
    assert (sent.exit_code, sent.stdout) == (1, "")
    assert "the budget of 2 parts a day for this group is used up; try again in" in sent.stderr

    shown = document(zettai("guards", "show", "--json"))

    assert shown["refused"] == {"number": 0, "same_text": 0, "budget": 1, "not_allowed": 0, "memory": 0, "loop": 0}
    assert list(shown["parts"].values()) == [2]
    assert shown["paused"] == ["shop normal"]
    assert "shop normal" in zettai("guards", "show").stdout
    assert document(zettai("guards", "resume", "--json")) == {"resumed": ["shop normal"]}
    assert zettai("guards", "resume").exit_code == 1


def test_rows_that_a_guard_refuses_are_reported(redis_settings: str, tmp_path: Path) -> None:
    assert redis_settings
    file = tmp_path / "rows.csv"
    rows = "".join(f"{PHONE},code {number}\n" for number in range(7))
    file.write_text(f"to,body\n{rows}", encoding="utf-8")

    sent = zettai("send-csv", str(file), "--lane=urgent", "--allow-duplicates", "--yes", "--json")

    lines = [json.loads(line) for line in sent.stdout.splitlines()]
    refused = [line for line in lines if line.get("ok") is False]
    assert sent.exit_code == 1
    assert [line["row"] for line in refused] == [7, 8]
    assert all("5/10 minutes" in line["error"] and PHONE[3:] not in line["error"] for line in refused)
