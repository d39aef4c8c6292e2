"""The page installation.md lists what pip installs: without extras, and with each one."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from tests.docs import pages
from tests.docs.pages import names, read, table

PAGES = {
    "docs/reference/installation.md": (
        ("distribution", "MB", "required by", "what it is for"),
        ("extra", "adds", "for"),
    ),
    "docs/reference/installation.ja.md": (
        ("ディストリビューション", "MB", "依存元", "用途"),
        ("extra", "追加されるもの", "用途"),
    ),
}
"""The headers of both tables of each page."""

INSTALL = re.compile(r"pip install .*\./simulator.*")

PAGES_THAT_INSTALL = [page for page in pages.PAGES if INSTALL.search(page.read_text(encoding="utf-8"))]

EXTRAS = ("gateway", "encryption", "otel", "console", "worker", "simulator", "demo")


PROJECT = tomllib.loads(read("pyproject.toml"))["project"]


def installed(name: str, found: set[str], extras: frozenset[str] = frozenset()) -> set[str]:
    """Return what a distribution requires, directly and indirectly."""
    for requirement in required(name, extras):
        if requirement.name not in found or requirement.extras:
            found.add(normal(requirement.name))
            installed(requirement.name, found, frozenset(requirement.extras))
    return found


def required(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    """Yield the requirements of a distribution on this Python."""
    for one in map(Requirement, requires(name) or ()):
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras | {""}):
            yield one


def normal(name: str) -> str:
    """Return the name as the index of packages writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("page", PAGES)
def test_page_lists_what_is_installed_without_extras(page: str) -> None:
    listed = [name for row in table(page, *PAGES[page][0]) for name in _names(row[PAGES[page][0][0]])]

    assert set(listed) == installed("zettai-sms", set())


@pytest.mark.parametrize("page", PAGES)
def test_page_lists_what_each_extra_adds(page: str) -> None:
    rows = {row["extra"]: set(_names(row[PAGES[page][1][1]])) for row in table(page, *PAGES[page][1])}

    assert rows == {extra: set(_added(extra)) for extra in EXTRAS}


def _names(cell: str) -> list[str]:
    """Return the names in a cell, whose backticks `table` has removed if there is only one."""
    return names(cell) or [cell]


def _added(extra: str) -> Iterator[str]:
    for one in map(Requirement, PROJECT["optional-dependencies"][extra]):
        yield from one.extras if one.name == "zettai-sms" else (normal(one.name),)


@pytest.mark.parametrize("page", PAGES_THAT_INSTALL)
def test_page_installs_the_package_before_its_simulator_and_demo(page: Path) -> None:
    """An older pip looks for zettai-sms in an index if a folder that needs it comes first."""
    for command in INSTALL.findall(page.read_text(encoding="utf-8")):
        assert command.startswith("pip install '.["), command
