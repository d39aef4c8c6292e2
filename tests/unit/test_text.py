"""What a text costs, and which of its characters may not arrive."""

import doctest
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.store_helpers import new_message

import zettai.core.text
from zettai import InvalidMessage, TextCheck, check_text
from zettai.core.new_message import NewMessage
from zettai.core.text import BODY_LENGTH, PART, SINGLE, Why

CARRIED = "本文 ABC 123\n〜−‖―・¥\\「カタカナ」ひらがな、。！？"
TEXTS = st.text(st.characters(codec=None), max_size=700)


def test_the_example_runs() -> None:
    """It is the first thing that a user copies."""
    assert doctest.testmod(zettai.core.text).failed == 0


@pytest.mark.parametrize(
    ("text", "length", "parts"),
    [
        ("", 0, 0),
        ("a", 1, 1),
        ("あ" * SINGLE, 70, 1),
        ("a" * SINGLE, 70, 1),
        ("あ" * (SINGLE + 1), 71, 2),
        ("あ" * (2 * PART), 132, 2),
        ("あ" * (2 * PART + 1), 133, 3),
        ("あ" * BODY_LENGTH, 660, 10),
        ("😀" * 35, 35, 1),
        ("😀" * 36, 36, 2),
    ],
)
def test_length_and_parts(text: str, length: int, parts: int) -> None:
    """Wide and narrow characters count alike; those beyond the basic plane take the room of two in a part."""
    check = check_text(text)

    assert (check.length, check.parts) == (length, parts)


@pytest.mark.parametrize(
    ("text", "position", "characters", "name", "why", "suggestion"),
    [
        ("コーﾋｰ", 2, "ﾋ", "HALFWIDTH KATAKANA LETTER HI", Why.HALF_WIDTH, "ヒ"),
        ("aｶﾞ", 1, "ｶﾞ", "HALFWIDTH KATAKANA LETTER KA", Why.HALF_WIDTH, "ガ"),
        ("ﾟ", 0, "ﾟ", "HALFWIDTH KATAKANA SEMI-VOICED SOUND MARK", Why.HALF_WIDTH, "゜"),
        ("あ😀", 1, "😀", "GRINNING FACE", Why.BEYOND, None),
        ("𝐀", 0, "𝐀", "MATHEMATICAL BOLD CAPITAL A", Why.BEYOND, "A"),
        ("𠮷野家", 0, "𠮷", "CJK UNIFIED IDEOGRAPH-20BB7", Why.BEYOND, None),
        ("葛\U000e0100", 1, "\U000e0100", "VARIATION SELECTOR-17", Why.VARIATION, ""),
        ("か\u3099", 0, "か\u3099", "HIRAGANA LETTER KA", Why.COMBINING, "が"),
        ("\ue000", 0, "\ue000", "U+E000", Why.PRIVATE, None),
        ("a\tb", 1, "\t", "U+0009", Why.CONTROL, " "),
        ("a\r\nb", 1, "\r\n", "U+000D", Why.CONTROL, "\n"),
        ("a\x1bb", 1, "\x1b", "U+001B", Why.CONTROL, ""),
        ("a\u200bb", 1, "\u200b", "ZERO WIDTH SPACE", Why.INVISIBLE, ""),
        ("\u2028", 0, "\u2028", "LINE SEPARATOR", Why.INVISIBLE, ""),
        ("\ud83d", 0, "\ud83d", "U+D83D", Why.NO_CHARACTER, ""),
        ("①", 0, "①", "CIRCLED DIGIT ONE", Why.OUTSIDE, "1"),
        ("㈱", 0, "㈱", "PARENTHESIZED IDEOGRAPH STOCK", Why.OUTSIDE, "(株)"),
        ("10～11時", 2, "～", "FULLWIDTH TILDE", Why.OUTSIDE, "〜"),
        ("髙", 0, "髙", "CJK UNIFIED IDEOGRAPH-9AD9", Why.OUTSIDE, "高"),
        ("\xa0", 0, "\xa0", "NO-BREAK SPACE", Why.OUTSIDE, " "),
        ("café", 3, "é", "LATIN SMALL LETTER E WITH ACUTE", Why.OUTSIDE, None),
    ],
)
def test_what_may_not_arrive_is_found(  # noqa: PLR0917 - the columns of the table
    text: str, position: int, characters: str, name: str, why: Why, suggestion: str | None
) -> None:
    """With its place, its name, the reason, and what to write instead where there is anything."""
    finding = check_text(text).findings[0]

    assert (finding.position, finding.characters, finding.name) == (position, characters, name)
    assert (finding.why, finding.suggestion) == (why, suggestion)


def test_each_place_is_found() -> None:
    """A family is three persons and what joins them."""
    assert [finding.position for finding in check_text("家族👨\u200d👩\u200d👧です①").findings] == [2, 3, 4, 5, 6, 9]


def test_ordinary_text_is_left_alone() -> None:
    """Japanese, ASCII, the signs of JIS X 0208, and line feeds."""
    assert check_text(CARRIED) == TextCheck(len(CARRIED), 1, None, ())
    assert check_text(CARRIED).ok


@pytest.mark.parametrize(("text", "problem"), [("", "0 characters"), ("x" * 661, "661"), ("\ud83d", "surrogate")])
def test_what_send_refuses_is_told_as_its_reason(text: str, problem: str) -> None:
    """One rule, and one wording."""
    found = check_text(text).problem

    assert found is not None
    assert problem in found
    with pytest.raises(InvalidMessage) as refused:
        new_message(body=text)
    assert refused.value.reason == found


@given(TEXTS)
def test_it_agrees_with_send_on_any_text(text: str) -> None:
    """What is no problem here is taken there, and the other way round."""
    try:
        NewMessage.validated(**(new_message().model_dump() | {"body": text}))
    except InvalidMessage:
        refused = True
    else:
        refused = False

    assert (check_text(text).problem is not None) is refused


@given(TEXTS)
def test_findings_cover_what_iso_2022_jp_lacks_and_nothing_else(text: str) -> None:
    """In order, without overlap; what lies between them can be encoded, and holds no control character."""
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
def test_suggestions_are_without_findings_themselves(text: str) -> None:
    """Who follows all of them that there are is done."""
    for finding in check_text(text).findings:
        assert finding.suggestion is None or not check_text(finding.suggestion).findings


@given(TEXTS, TEXTS)
def test_a_longer_text_never_costs_less(text: str, more: str) -> None:
    """And each part holds no more than there is room for."""
    one, both = check_text(text), check_text(text + more)

    assert one.parts <= both.parts
    assert both.length <= max(SINGLE, both.parts * PART)


def test_what_is_shown_holds_no_text() -> None:
    """A check may be logged: it has code points of what was found, and nothing of the rest."""
    check = check_text("a secret 😀")

    assert "secret" not in repr(check) + str(check.to_dict())
    assert check.to_dict()["findings"][0]["code_points"] == ["U+1F600"]
