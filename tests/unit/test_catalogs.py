"""The catalogs of Japanese texts are complete, and the command knows the texts that it translates by their form."""

import csv
import re
from pathlib import Path
from string import Formatter

import pytest
from docs.generate.catalog import CATALOGS, Text, Texts

from zettai.core import errors
from zettai.core.aossms.codes import failure_in_words
from zettai_cli.shared.known_texts import matches
from zettai_cli.shared.library_texts import FORMS

NAMES = [one.what for one in CATALOGS]

PERCENT = re.compile(r"%\((\w+)\)s")

PAGE = re.compile(r"docs/[\w/-]+\.md")
"""A page in English."""

ROOT = Path(__file__).parents[2]


def values_of(text: str) -> set[tuple[str, ...]]:
    """Return the values that are filled into a text, with their formats."""
    found: set[tuple[str, ...]] = {("%", name) for name in PERCENT.findall(text)}
    if not found:
        found = {(name, form or "", how or "") for _, name, form, how in Formatter().parse(text) if name is not None}
    return found


@pytest.mark.parametrize("catalog", CATALOGS, ids=NAMES)
def test_each_text_has_a_japanese_translation_with_the_same_values(catalog: Texts) -> None:
    texts, written = catalog.all(), catalog.written()

    assert len(texts) > 200
    assert {text: _difference(text, written.get(text if isinstance(text, str) else text[0])) for text in texts} == (
        dict.fromkeys(texts)
    )


def _difference(text: Text, message: object) -> str | None:
    """Return what is wrong with a translation."""
    japanese = getattr(message, "string", None)
    japanese = japanese if isinstance(japanese, str) else (japanese or ("",))[0]
    if not japanese:
        return "is not translated: make docs has added it to the .po file"
    english = text if isinstance(text, str) else text[-1]
    return None if values_of(japanese) == values_of(english) else f"has other values: {japanese}"


@pytest.mark.parametrize("catalog", CATALOGS, ids=NAMES)
def test_japanese_text_names_the_japanese_page(catalog: Texts) -> None:
    pages = {page for message in catalog.written() for page in PAGE.findall(str(message.string))}

    assert {page for page in pages if (ROOT / page).with_suffix(".ja.md").exists()} == set()


@pytest.mark.parametrize("catalog", CATALOGS, ids=NAMES)
def test_compiled_catalog_is_up_to_date(catalog: Texts) -> None:
    assert {path for path, content in catalog.files().items() if path.read_bytes() != content} == set()


@pytest.mark.parametrize(
    "error",
    [
        errors.TagConflict("t1"),
        errors.ReplacementPending("t2", "t1"),
        errors.UrgentCampaign("g"),
        errors.SharedByAccounts("campaigns"),
        errors.LedgerUnavailable(),
        errors.LedgerUnavailable("t1"),
        errors.LedgerUnavailable("t1", reason="the connection was refused"),
        errors.IncompatibleStore(1, 2),
        errors.IncompatibleStore(3, 2),
        errors.SuppressionKeyMismatch("a1", None),
        errors.SuppressionKeyMismatch("a1", "b2"),
        errors.EncryptionKeyMissing("t1"),
        errors.DurabilityUnavailable("no append-only file"),
        errors.NotDurable("t1"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_error_of_the_library_has_a_known_form(error: Exception) -> None:
    assert [form for form in FORMS if matches(form, str(error)) is not None]


@pytest.mark.parametrize("text", ['"a', '"a"b,c', f'"{"x" * 200_000}"'], ids=["open", "closed early", "long"])
def test_why_a_row_is_not_csv_has_a_known_form(text: str) -> None:
    with pytest.raises(csv.Error) as refused:
        list(csv.reader([text], strict=True))

    assert [form for form in FORMS if matches(form, str(refused.value)) is not None]


@pytest.mark.parametrize("code", ["31721", "31732", "31823", "31834", "31999"])
def test_cause_of_a_failure_has_a_known_form(code: str) -> None:
    assert [form for form in FORMS if matches(form, failure_in_words(code)) is not None]


def test_japanese_runbook_names_the_lines_as_the_command_shows_them() -> None:
    names = dict(re.findall(r"`([a-z ]+)`\(([^)`]+)\)", (ROOT / "docs/runbook.ja.md").read_text(encoding="utf-8")))
    [command] = (catalog.written() for catalog in CATALOGS if catalog.what == "command")

    assert len(names) >= 9
    assert names == {name: getattr(command.get(name), "string", None) for name in names}
