"""The targets of links and paths exist."""

import re
from pathlib import Path

import pytest
from tests.docs.pages import PAGES, ROOT, anchors, fences, read, table, without_texts

NAMED = re.compile(r"(docs/[\w/-]+\.md)(?:, '([^']+)')?")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_has_a_target(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith("https://"):
            file, _, anchor = target.partition("#")
            linked = (page.parent / file).resolve() if file else page
            assert linked.exists(), target
            assert not anchor or anchor in anchors(linked.read_text(encoding="utf-8")), target


JAPANESE = [page for page in PAGES if page.name.endswith(".ja.md")]


@pytest.mark.parametrize("page", JAPANESE, ids=lambda page: str(page.relative_to(ROOT)))
def test_japanese_page_links_to_japanese_pages(page: Path) -> None:
    """Except to its own English twin."""
    for target in re.findall(r"\]\(([^)#\s]+\.md)[^)]*\)", page.read_text(encoding="utf-8")):
        linked = (page.parent / target).resolve()
        twin = linked.with_suffix(".ja.md")
        assert twin == page or not twin.exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_paths_in_the_text_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for path in re.findall(
        r"`((?:producers|worker|cli|simulator|demo|benchmarks|examples|tests|docs|deploy)/[^`\s]*)`", text
    ):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_to_a_file_shows_its_name(page: Path) -> None:
    for text, target in re.findall(r"\[([^\]\s]+\.(?:py|lua))\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        assert text == Path(target).name


def test_both_glossaries_explain_the_same_words() -> None:
    english = table("docs/glossary.md", "word", "meaning", "in the code")
    japanese = table("docs/glossary.ja.md", "英語", "日本語", "意味", "コード")

    assert [(row["word"], row["in the code"]) for row in english] == [(row["英語"], row["コード"]) for row in japanese]


def test_the_readme_lists_every_folder() -> None:
    rows = table("README.md", "folder", "what")
    folders = {f"{path.name}/" for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))}

    assert {row["folder"] for row in rows} == folders - {"build/", "dist/"}


def test_the_testing_page_lists_every_folder() -> None:
    rows = {row["folder"] for row in table("docs/testing.md", "folder", "what")}
    folders = {
        f"tests/{path.name}/" for path in (ROOT / "tests").iterdir() if path.is_dir() and not path.name.startswith("_")
    }

    assert folders <= rows
    assert all((ROOT / row).is_dir() for row in rows)


SOURCES = ["producers", "worker", "cli", "simulator", "demo", "tests"]


@pytest.mark.parametrize("folder", SOURCES)
def test_pages_that_the_code_names_exist(folder: str) -> None:
    """Also the heading, where a message quotes one."""
    for path in (ROOT / folder).rglob("*.py"):
        for page, heading in NAMED.findall(path.read_text(encoding="utf-8")):
            assert (ROOT / page).exists(), f"{path.relative_to(ROOT)} names {page}"
            assert not heading or f"# {heading}\n" in read(page), f"{path.relative_to(ROOT)} names {heading}"


def test_the_index_links_every_page() -> None:
    index = ROOT / "docs" / "index.md"
    linked = {
        (index.parent / target.partition("#")[0]).resolve()
        for target in re.findall(r"\]\(([^)]+)\)", read("docs/index.md"))
    }

    assert {page for page in PAGES if page.is_relative_to(ROOT / "docs")} - {index} <= linked


def test_the_picture_of_the_demo_loads_nothing_from_elsewhere() -> None:
    urls = re.findall(r"https?://[^\"' )]+", read("docs/images/demo.svg"))

    assert set(urls) == {"http://www.w3.org/2000/svg"}


def test_both_readmes_have_the_same_structure() -> None:
    """Headings, tables, blocks without their texts, links and code names, in the same order."""
    english, japanese = (_shape(read(name)) for name in ("README.md", "README.ja.md"))

    assert english == japanese


def _shape(text: str) -> dict[str, object]:
    """Return what does not depend on the language, without the link to the other readme."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return {
        "headings": [len(level) for level in re.findall(r"^(#+) ", prose, flags=re.MULTILINE)],
        "cells": [line.count("|") for line in prose.splitlines() if line.startswith("|")],
        "blocks": [fence._replace(text=without_texts(fence.text)) for fence in fences(text)],
        "links": [
            target.partition("#")[0].replace(".ja.md", ".md")
            for target in re.findall(r"\]\(([^)]+)\)", prose)
            if not target.startswith("README")
        ],
        "names": sorted(re.findall(r"`[^`]+`", prose)),
    }
