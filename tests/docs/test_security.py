"""SECURITY.md names tests that exist, and each attack has one."""

import re

from tests.docs.pages import ROOT, read

PAGE = read("SECURITY.md")


def test_each_named_test_exists() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+|Test\w+)`", PAGE))
    assert len(named) > 40
    assert {name for name in named if not re.search(rf"(def|class) {name}\b", code)} == set()


def test_each_attack_has_a_defense_and_a_test() -> None:
    defended = PAGE.partition("## What is defended")[2].partition("## What is not defended")[0]
    rows = [line for line in defended.splitlines() if line.startswith("| ") and not line.startswith("| attack")]
    assert len(rows) > 30
    for row in rows:
        attack, defense, test = row.strip("| ").split(" | ")
        assert attack
        assert defense
        assert "test_" in test or "Test" in test, row
