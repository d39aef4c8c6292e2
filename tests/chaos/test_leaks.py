"""The search for secrets finds each kind."""

from pathlib import Path

import pytest
from tests.chaos.evidence import Asked
from tests.chaos.leaks import leaks
from tests.support.plant import TOKEN

ASKED = {"t": Asked("t", "+819012345678", "chaos t")}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (f"GET /status.json?token={TOKEN}", ["worker.log: token"]),
        ("to +819012345678 failed", ["worker.log: number"]),
        ("to 09012345678 failed", ["worker.log: number"]),
        ('{"body": "chaos t"}', ["worker.log: text"]),
        ("client_tag t at 1763900000123, chaos prefix", []),
    ],
)
def test_a_planted_secret_is_found(tmp_path: Path, line: str, found: list[str]) -> None:
    """Token, number in either form, and text; tags and times are none."""
    (tmp_path / "worker.log").write_text(f"calm\n{line}\n", encoding="utf-8")

    assert leaks(tmp_path, ASKED) == found
