"""The catalog of the console: finds its texts in the code and in the templates, and compiles the translations.

The translations in `ja.po` are written by people. This module adds new texts to it without a translation, drops those
that are not used any more, and writes the compiled catalog.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).parents[2] / "console" / "zettai_console"

FOLDER = PACKAGE / "locale" / "ja" / "LC_MESSAGES"

METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]

HEADER = "# Japanese texts of the console. `make docs` adds new texts without a translation."

DATE = datetime(2026, 11, 27, tzinfo=UTC)
"""The date in the headers. A real one would change the files at each run."""

KEYWORDS = {**DEFAULT_KEYWORDS, "mark": None, "say": None}


def texts() -> Iterator[str | tuple[str, ...]]:
    """Yield the texts of the console, each once, in their order."""
    found = extract_from_dir(PACKAGE, METHODS, {"templates/**.html": {"trimmed": "true"}}, KEYWORDS)
    unique = {(text if isinstance(text, str) else tuple(text)): None for _, _, text, _, _ in found}
    return iter(sorted(unique, key=str))


def catalog() -> Catalog:
    """Return the catalog of Japanese with all texts; those without a translation are empty."""
    path = FOLDER / "zettai_console.po"
    known = read_po(BytesIO(path.read_bytes()), locale="ja") if path.exists() else Catalog(locale="ja")
    found = Catalog(locale="ja", header_comment=HEADER, creation_date=DATE, revision_date=DATE, fuzzy=False)
    for text in texts():
        plain = text if isinstance(text, str) else text[0]
        message = known.get(plain)
        found.add(text, message.string if message else None)
    return found


def files() -> dict[Path, bytes]:
    """Return the content of the files of the catalog."""
    ours = catalog()
    po, mo = BytesIO(), BytesIO()
    write_po(po, ours, width=120, omit_header=False)
    write_mo(mo, ours)
    return {FOLDER / "zettai_console.po": po.getvalue(), FOLDER / "zettai_console.mo": mo.getvalue()}
