"""`zettai check-text`."""

import pytest
from tests.integration.cli.helpers import document, zettai


def test_good_text_shows_length_and_parts() -> None:
    result = zettai("check-text", "あ" * 71)

    assert result.exit_code == 0
    assert "71 of 660 characters" in result.stdout
    assert "2 (estimated: " in result.stdout


def test_risky_characters_are_listed_with_replacements() -> None:
    result = zettai("check-text", "㈱絶対 😀\t")

    assert result.exit_code == 1
    rows = [line.split() for line in result.stdout.splitlines()[5:]]
    assert [row[0] for row in rows] == ["1", "5", "6"]
    assert rows[0][1:7] == ["U+3231", "PARENTHESIZED", "IDEOGRAPH", "STOCK", "(株)", "not"]
    assert "GRINNING FACE" in result.stdout
    assert "(space)" in result.stdout


def test_check_text_json_has_all_findings() -> None:
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
def test_text_that_cannot_be_sent_exits_with_1(text: str, problem: str) -> None:
    result = zettai("check-text", text)

    assert result.exit_code == 1
    assert f"no: {problem}" in result.stdout


def test_template_is_checked_with_the_given_values() -> None:
    result = zettai("check-text", "{{名前}} 様", "--field", "名前=髙橋", "--json")

    assert (document(result)["length"], len(document(result)["findings"])) == (4, 1)


@pytest.mark.parametrize(
    ("text", "field", "problem"),
    [
        ("{{名前}} 様", "氏名=髙橋", "no field {{氏名}}"),
        ("{{名前}} 様", "名前", "名前: is missing or empty"),
        ("{{名前 様", "名前=髙橋", "template: has {{ without its pair"),
    ],
)
def test_wrong_template_is_a_usage_error(text: str, field: str, problem: str) -> None:
    result = zettai("check-text", text, "--field", field)

    assert result.exit_code == 2
    assert problem in result.stderr
