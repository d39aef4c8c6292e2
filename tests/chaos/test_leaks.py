"""The search for secrets finds each kind."""

from pathlib import Path

import pytest
from tests.chaos.leaks import leaks

from zettai import Lane
from zettai_demo.request_log import Request
from zettai_simulator.settings import TOKEN

REQUESTS = {"t": Request("t", "+819012345678", "chaos t", Lane.BULK, 0.0)}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (f"GET /status.json?token={TOKEN}", ["worker.log: token"]),
        ("to +819012345678 failed", ["worker.log: number"]),
        ("to 09012345678 failed", ["worker.log: number"]),
        ('{"body": "chaos t"}', ["worker.log: text"]),
        ('{"metadata": {"note": "a note on t"}}', ["worker.log: metadata"]),
        ("client_tag t at 1763900000123, chaos prefix", []),
    ],
)
def test_secret_in_log_is_found(tmp_path: Path, line: str, found: list[str]) -> None:
    (tmp_path / "worker.log").write_text(f"calm\n{line}\n", encoding="utf-8")

    assert leaks(tmp_path, REQUESTS) == found
