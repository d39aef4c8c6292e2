"""Phone numbers as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zettai.core.phone_numbers import PHONE_NUMBER, mask, normalize

HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500\u30fc\uff70\ufe63\uff0d\u4e00"

SPACES = " \u3000\u00a0\t\u200b"


@pytest.mark.parametrize(
    "written",
    [
        "09012345678",
        "+819012345678",
        "０９０１２３４５６７８",
        "＋８１９０１２３４５６７８",
        "(090) 1234-5678",
        "（０９０）１２３４ー５６７８",
        "090.1234.5678",
        "090・1234・5678",
        "819012345678",
        "81 90-1234-5678",
        "00819012345678",
        "010-81-90-1234-5678",
        "+81 (0)90-1234-5678",
        "+81(90)12345678",
        "\ufeff090-1234-5678\r\n",
        *(f"090{hyphen}1234{hyphen}5678" for hyphen in HYPHENS),
        *(f"{space}090{space}1234{space}5678{space}" for space in SPACES),
    ],
)
def test_each_way_to_write_a_number_has_the_same_normal_form(written: str) -> None:
    assert normalize(written) == "+819012345678"


def test_long_numbers_of_machines_are_accepted() -> None:
    assert normalize("020-1234-5678-901") == normalize("81 20 1234 5678 901") == "+812012345678901"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "must be"),
        ("03-1234-5678", "must be"),
        ("+1 90 1234 5678", "must be"),
        ("+81 3 1234 5678", "must be"),
        ("0900-123-456", "must be"),
        ("090-1234-567", "must be"),
        ("090-1234-56789", "must be"),
        ("090-1234-5678 / 080-1234-5678", "must be"),
        ("09012345678x", "must be"),
        ("٠٩٠١٢٣٤٥٦٧٨", "must be"),
        ("090-1234-5678" + " " * 40, "must be"),
        ("90-1234-5678", "lacks the first 0"),
        ("9.01235E+09", "rounded by a spreadsheet"),
    ],
)
def test_other_text_is_refused_with_the_reason(written: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refused:
        normalize(written)

    assert "1234-56" not in str(refused.value)


def test_column_of_numbers_lacks_the_first_zero() -> None:
    assert normalize("9012345678", may_lack_zero=True) == "+819012345678"
    assert normalize("2012345678901", may_lack_zero=True) == "+812012345678901"
    with pytest.raises(ValueError, match="must be"):
        normalize("312345678", may_lack_zero=True)


@given(st.from_regex(PHONE_NUMBER, fullmatch=True), st.sampled_from(HYPHENS + SPACES), st.data())
def test_signs_between_digits_change_nothing(number: str, sign: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(number)))

    assert normalize(f"{number[:at]}{sign}{number[at:]}") == normalize(number)


@given(st.text(max_size=50))
def test_any_text_is_a_mobile_number_or_refused(text: str) -> None:
    try:
        normal = normalize(text)
    except ValueError:
        return
    assert PHONE_NUMBER.fullmatch(normal)
    assert normalize(normal) == normal
    assert normal not in mask(normal)
