"""The catalogs of Japanese texts: finds the texts of the console, the command and the gateway's document, and compiles the translations.

The translations in the `.po` files are written by people. This module adds new texts to them without a translation,
drops those that are not used any more, and writes the compiled catalogs.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from typer.main import get_command

from zettai.core.store.audit import AuditAction
from zettai.gateway.openapi.document import build_document
from zettai_cli.app import app
from zettai_cli.operations.doctor import words as doctor
from zettai_cli.operations.doctor.results import Result
from zettai_cli.processes import demo_words
from zettai_cli.shared.language import TYPER, USAGE, paragraphs, tree
from zettai_cli.shared.library_texts import FORMS
from zettai_simulator.command_line import parser

ROOT = Path(__file__).parents[2]

CONSOLE = ROOT / "console" / "zettai_console"

COMMAND = ROOT / "cli" / "zettai_cli"

GATEWAY = ROOT / "producers" / "zettai" / "gateway"

RESULTS = {"ok", "warning", "failed", "unknown"}
"""The functions that make a check of the doctor."""

METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]

HEADER = "# Japanese texts of the {what}. `make docs` adds new texts without a translation."

DATE = datetime(2026, 11, 27, tzinfo=UTC)
"""The date in the headers. A real one would change the files at each run."""

KEYWORDS = {**DEFAULT_KEYWORDS, "mark": None, "say": None}

Text = str | tuple[str, ...]
"""A text, or its singular and its plural."""


@dataclass(frozen=True)
class Texts:
    """The texts of a package.

    Attributes:
        what: the part of the product, for the header of the file.
        package: the folder of the package, which has a folder `locale`.
        find: yields the texts in the code.
    """

    what: str
    package: Path
    find: Callable[[], Iterator[Text]]

    @property
    def path(self) -> Path:
        """The file with the translations, without its suffix."""
        return self.package / "locale" / "ja" / "LC_MESSAGES" / self.package.name

    def all(self) -> list[Text]:
        """Return the texts, each once, in their order."""
        return sorted(dict.fromkeys(self.find()), key=str)

    def written(self) -> Catalog:
        """Return the catalog as people have translated it."""
        path = self.path.with_suffix(".po")
        return read_po(BytesIO(path.read_bytes()), locale="ja") if path.exists() else Catalog(locale="ja")

    def catalog(self) -> Catalog:
        """Return the catalog with all texts; those without a translation are empty."""
        known, header = self.written(), HEADER.format(what=self.what)
        found = Catalog(locale="ja", header_comment=header, creation_date=DATE, revision_date=DATE, fuzzy=False)
        for text in self.all():
            message = known.get(text if isinstance(text, str) else text[0])
            found.add(text, message.string if message else None)
        return found

    def files(self) -> dict[Path, bytes]:
        """Return the content of the files of the catalog."""
        ours, po, mo = self.catalog(), BytesIO(), BytesIO()
        write_po(po, ours, width=120, omit_header=False)
        write_mo(mo, ours)
        return {self.path.with_suffix(".po"): po.getvalue(), self.path.with_suffix(".mo"): mo.getvalue()}


def _of_console() -> Iterator[Text]:
    found = extract_from_dir(CONSOLE, METHODS, {"templates/**.html": {"trimmed": "true"}}, KEYWORDS)
    return (text if isinstance(text, str) else tuple(text) for _, _, text, _, _ in found)


def _of_command() -> Iterator[Text]:
    """Yield the texts of the command: of its code, of its help, and of Typer and the library."""
    yield from (*TYPER, *USAGE, *FORMS)
    yield from _of_simulator()
    group: Any = get_command(app)
    yield from paragraphs(group.epilog)
    yield from (text for one in group.lazy.values() for text in (one.panel, one.summary))
    for command in tree(group):
        yield from paragraphs(command.help)
        texts = (getattr(one, name, None) for one in command.params for name in ("help", "show_default"))
        yield from (text for text in texts if isinstance(text, str))
    for path in sorted(COMMAND.rglob("*.py")):
        yield from _said(path)
    yield from (*doctor.FORMS, *demo_words.FORMS, *demo_words.COUNTS)
    yield from (*Result, *AuditAction)
    for path in sorted((COMMAND / "operations" / "doctor").glob("*.py")):
        yield from _found(path)


def _said(path: Path) -> Iterator[str]:
    """Yield the texts that a file gives to `say` and to `columns`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"say", "columns", "table_of"}
        ):
            given = node.args if node.func.id != "say" else node.args[:1]
            yield from (one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str))


def _of_gateway() -> Iterator[Text]:
    return _noted(build_document)


def _of_simulator() -> Iterator[str]:
    return _noted(parser)


def _noted(build: Callable[[Callable[[str], str]], object]) -> Iterator[str]:
    """Yield the texts that something lets translate while it is built."""
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    build(note)
    return iter(found)


def _found(path: Path) -> Iterator[str]:
    """Yield the texts of checks in a file of the doctor that have no values."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in RESULTS:
                yield from _constants(node)
            case ast.Assign(targets=[ast.Name(id="name" | "advice" | "found")]) | ast.Return(value=ast.Constant()):
                yield from _constants(node)
            case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(id="name"), ast.Name(id="advice")])]):
                yield from _constants(node)
            case ast.Assign(targets=[ast.Name(id="NEEDED")]) | ast.AnnAssign(target=ast.Name(id="NEEDED")):
                yield from _constants(node)


def _constants(node: ast.AST) -> Iterator[str]:
    """Yield the texts in a part of the code, without those of f-strings and names of settings."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search("[a-z]{2}", node.value):
        yield node.value
    elif not isinstance(node, ast.JoinedStr | ast.Compare | ast.Subscript):
        for child in ast.iter_child_nodes(node):
            yield from _constants(child)


CATALOGS = (
    Texts("console", CONSOLE, _of_console),
    Texts("command", COMMAND, _of_command),
    Texts("gateway", GATEWAY, _of_gateway),
)


def files() -> dict[Path, bytes]:
    """Return the content of the files of all catalogs."""
    return {path: content for catalog in CATALOGS for path, content in catalog.files().items()}
