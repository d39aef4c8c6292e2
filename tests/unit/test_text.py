"""Checking a text: length, estimated parts, findings."""

import doctest
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.store_helpers import new_message

import zettai.core.text
from zettai import InvalidMessage, TextCheck, check_text
from zettai.core.new_message import NewMessage
from zettai.core.text import BODY_LENGTH, PART_LENGTH, SINGLE_LENGTH, Reason

ORDINARY = "本文 ABC 123\n〜−‖―・¥\\「カタカナ」ひらがな、。！？"
TEXTS = st.text(st.characters(codec=None), max_size=700)


def test_docstring_example_runs() -> None:
    assert doctest.testmod(zettai.core.text).failed == 0


@pytest.mark.parametrize(
    ("text", "length", "parts"),
    [
        ("", 0, 0),
        ("a", 1, 1),
        ("あ" * SINGLE_LENGTH, 70, 1),
        ("a" * SINGLE_LENGTH, 70, 1),
        ("あ" * (SINGLE_LENGTH + 1), 71, 2),
        ("あ" * (2 * PART_LENGTH), 132, 2),
        ("あ" * (2 * PART_LENGTH + 1), 133, 3),
        ("あ" * BODY_LENGTH, 660, 10),
        ("😀" * 35, 35, 1),
        ("😀" * 36, 36, 2),
    ],
)
def test_length_and_estimated_parts(text: str, length: int, parts: int) -> None:
    check = check_text(text)

    assert (check.length, check.parts) == (length, parts)


@pytest.mark.parametrize(
    ("text", "position", "characters", "name", "why", "suggestion"),
    [
        ("コーﾋｰ", 2, "ﾋ", "HALFWIDTH KATAKANA LETTER HI", Reason.HALF_WIDTH, "ヒ"),
        ("aｶﾞ", 1, "ｶﾞ", "HALFWIDTH KATAKANA LETTER KA", Reason.HALF_WIDTH, "ガ"),
        ("ﾟ", 0, "ﾟ", "HALFWIDTH KATAKANA SEMI-VOICED SOUND MARK", Reason.HALF_WIDTH, "゜"),
        ("あ😀", 1, "😀", "GRINNING FACE", Reason.BEYOND_BASIC_PLANE, None),
        ("𝐀", 0, "𝐀", "MATHEMATICAL BOLD CAPITAL A", Reason.BEYOND_BASIC_PLANE, "A"),
        ("𠮷野家", 0, "𠮷", "CJK UNIFIED IDEOGRAPH-20BB7", Reason.BEYOND_BASIC_PLANE, None),
        ("葛\U000e0100", 1, "\U000e0100", "VARIATION SELECTOR-17", Reason.VARIATION, ""),
        ("か\u3099", 0, "か\u3099", "HIRAGANA LETTER KA", Reason.COMBINING, "が"),
        ("\ue000", 0, "\ue000", "U+E000", Reason.PRIVATE_USE, None),
        ("a\tb", 1, "\t", "U+0009", Reason.CONTROL, " "),
        ("a\r\nb", 1, "\r\n", "U+000D", Reason.CONTROL, "\n"),
        ("a\x1bb", 1, "\x1b", "U+001B", Reason.CONTROL, ""),
        ("a\u200bb", 1, "\u200b", "ZERO WIDTH SPACE", Reason.INVISIBLE, ""),
        ("\u2028", 0, "\u2028", "LINE SEPARATOR", Reason.INVISIBLE, ""),
        ("\ud83d", 0, "\ud83d", "U+D83D", Reason.NOT_A_CHARACTER, ""),
        ("①", 0, "①", "CIRCLED DIGIT ONE", Reason.NOT_IN_CHARACTER_SET, "1"),
        ("㈱", 0, "㈱", "PARENTHESIZED IDEOGRAPH STOCK", Reason.NOT_IN_CHARACTER_SET, "(株)"),
        ("10～11時", 2, "～", "FULLWIDTH TILDE", Reason.NOT_IN_CHARACTER_SET, "〜"),
        ("髙", 0, "髙", "CJK UNIFIED IDEOGRAPH-9AD9", Reason.NOT_IN_CHARACTER_SET, "高"),
        ("\xa0", 0, "\xa0", "NO-BREAK SPACE", Reason.NOT_IN_CHARACTER_SET, " "),
        ("café", 3, "é", "LATIN SMALL LETTER E WITH ACUTE", Reason.NOT_IN_CHARACTER_SET, None),
    ],
)
def test_characters_that_may_not_arrive_are_findings(  # noqa: PLR0917 - the columns of the table
    text: str, position: int, characters: str, name: str, why: Reason, suggestion: str | None
) -> None:
    finding = check_text(text).findings[0]

    assert (finding.position, finding.characters, finding.name) == (position, characters, name)
    assert (finding.why, finding.suggestion) == (why, suggestion)


def test_every_position_has_its_own_finding() -> None:
    assert [finding.position for finding in check_text("家族👨\u200d👩\u200d👧です①").findings] == [2, 3, 4, 5, 6, 9]


def test_ordinary_text_has_no_findings() -> None:
    assert check_text(ORDINARY) == TextCheck(len(ORDINARY), 1, None, ())
    assert check_text(ORDINARY).ok


@pytest.mark.parametrize("text", [5, None, b"hello"])
def test_value_that_is_no_text_is_refused(text: Any) -> None:
    with pytest.raises(InvalidMessage, match=r"^text: must be a valid string$"):
        check_text(text)


@pytest.mark.parametrize(("text", "problem"), [("", "has 0"), ("x" * 661, "661"), ("\ud83d", "surrogate")])
def test_problem_is_the_reason_of_send(text: str, problem: str) -> None:
    found = check_text(text).problem

    assert found is not None
    assert problem in found
    with pytest.raises(InvalidMessage) as refused:
        new_message(body=text)
    assert refused.value.reason == found


@given(TEXTS)
def test_problem_exists_exactly_if_send_refuses_the_text(text: str) -> None:
    try:
        NewMessage.validated(**(new_message().model_dump() | {"body": text}))
    except InvalidMessage:
        refused = True
    else:
        refused = False

    assert (check_text(text).problem is not None) is refused


@given(TEXTS)
def test_findings_are_exactly_what_iso_2022_jp_lacks(text: str) -> None:
    end, between = 0, ""
    for finding in check_text(text).findings:
        assert finding.position >= end
        between += text[end : finding.position]
        end = finding.position + len(finding.characters)
        assert text[finding.position : end] == finding.characters
    between += text[end:]

    between.encode("iso2022_jp")
    assert not [one for one in between if unicodedata.category(one) == "Cc" and one != "\n"]


@given(TEXTS)
def test_suggestions_have_no_findings(text: str) -> None:
    for finding in check_text(text).findings:
        assert finding.suggestion is None or not check_text(finding.suggestion).findings


@given(TEXTS, TEXTS)
def test_longer_text_never_has_fewer_parts(text: str, more: str) -> None:
    one, both = check_text(text), check_text(text + more)

    assert one.parts <= both.parts
    assert both.length <= max(SINGLE_LENGTH, both.parts * PART_LENGTH)


def test_result_does_not_contain_the_text() -> None:
    check = check_text("a secret 😀")

    assert "secret" not in repr(check) + str(check.to_dict())
    assert check.to_dict()["findings"][0]["code_points"] == ["U+1F600"]
