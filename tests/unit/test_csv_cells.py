"""Cells of CSV: no spreadsheet takes one for a formula."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zettai_cli.shared.csv_cells import safe_cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "＋1", "+81**78=cmd", "+81 =1"]
)
def test_what_looks_like_a_formula_is_kept_a_text(text: str) -> None:
    """By the quote that all spreadsheets know."""
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, ""), ("", ""), ("a=b", "a=b"), (12, "12"), ("+81********78", "+81********78"), ("true", "true")],
)
def test_everything_else_stays_as_it_is(value: object, shown: str) -> None:
    """Phone numbers too, which begin with a plus."""
    assert safe_cell(value) == shown


@given(st.text())
def test_no_cell_begins_like_a_formula(text: str) -> None:
    """Whatever is in it, but for a phone number."""
    shown = safe_cell(text)

    assert not shown.lstrip().startswith(("=", "-", "@"))
    assert not shown.startswith(("\t", "\r", "\n"))
