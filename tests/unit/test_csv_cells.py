"""CSV cells that no spreadsheet runs as a formula."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zettai_cli.shared.csv_cells import safe_cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "＋1", "+81**78=cmd", "+81 =1"]
)
def test_text_that_looks_like_a_formula_is_quoted(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, ""), ("", ""), ("a=b", "a=b"), (12, "12"), ("+81********78", "+81********78"), ("true", "true")],
)
def test_other_values_are_unchanged(value: object, shown: str) -> None:
    assert safe_cell(value) == shown


@given(st.text())
def test_cell_never_starts_like_a_formula(text: str) -> None:
    shown = safe_cell(text)

    assert not shown.lstrip().startswith(("=", "-", "@"))
    assert not shown.startswith(("\t", "\r", "\n"))
