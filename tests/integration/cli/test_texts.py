"""`zettai check-text`."""

import pytest
from tests.integration.cli.given import document, zettai


def test_a_good_text_is_told_its_length_and_its_parts() -> None:
    """Nothing is needed: no Redis and no settings."""
    result = zettai("check-text", "あ" * 71)

    assert result.exit_code == 0
    assert "71 of 660 characters" in result.stdout
    assert "2 (estimated: " in result.stdout


def test_what_may_not_arrive_is_listed_with_what_to_write_instead() -> None:
    """By place, code point and name; the exit code lets a script stop."""
    result = zettai("check-text", "㈱絶対 😀\t")

    assert result.exit_code == 1
    rows = [line.split() for line in result.stdout.splitlines()[5:]]
    assert [row[0] for row in rows] == ["1", "5", "6"]
    assert rows[0][1:7] == ["U+3231", "PARENTHESIZED", "IDEOGRAPH", "STOCK", "(株)", "not"]
    assert "GRINNING FACE" in result.stdout
    assert "(space)" in result.stdout


def test_programs_get_json() -> None:
    """From stdin too, so that the text shows up in no list of processes."""
    result = zettai("check-text", "-", "--json", input="①\n")

    assert document(result) == {
        "length": 1,
        "estimated_parts": 1,
        "problem": None,
        "findings": [
            {
                "position": 0,
                "code_points": ["U+2460"],
                "name": "CIRCLED DIGIT ONE",
                "why": "not in ISO-2022-JP",
                "suggestion": "1",
            }
        ],
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [("", "must have 1 to 660 characters, has 0"), ("x" * 661, "must have 1 to 660 characters, has 661")],
)
def test_what_cannot_be_sent_is_a_no(text: str, problem: str) -> None:
    """In the words that `send` has for it."""
    result = zettai("check-text", text)

    assert result.exit_code == 1
    assert f"no: {problem}" in result.stdout
