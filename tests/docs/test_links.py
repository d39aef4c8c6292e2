"""What the pages point at is there."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, blocks, read, table

NAMED = re.compile(r"docs/[\w-]+\.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Files exist, and so do the headings."""
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith("https://"):
            file, _, anchor = target.partition("#")
            linked = (page.parent / file).resolve() if file else page
            assert linked.exists(), target
            assert not anchor or anchor in anchors(linked.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_paths_in_the_text_exist(page: Path) -> None:
    """Files and folders of ours that are only named, not linked."""
    text = page.read_text(encoding="utf-8")
    for path in re.findall(r"`((?:producers|worker|simulator|tests|docs|deploy)/[^`\s]*)`", text):
        assert (ROOT / path).exists(), path


def test_the_map_has_every_folder() -> None:
    """All folders of the repository with something to read in them, and no other."""
    rows = table("README.md", "folder", "what")
    folders = {f"{path.name}/" for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))}

    assert {row["folder"] for row in rows} == folders - {"build/", "dist/"}


def test_the_map_of_the_tests_has_every_folder() -> None:
    """The same for the tests' own page."""
    rows = table("docs/testing.md", "folder", "what")
    folders = {
        f"tests/{path.name}/" for path in (ROOT / "tests").iterdir() if path.is_dir() and not path.name.startswith("_")
    }

    assert {row["folder"] for row in rows} == folders


@pytest.mark.parametrize("folder", ["producers", "worker", "simulator", "tests"])
def test_pages_that_the_code_names_exist(folder: str) -> None:
    """A log line or an error that sends somebody to a page must not send them nowhere."""
    for path in (ROOT / folder).rglob("*.py"):
        for page in NAMED.findall(path.read_text(encoding="utf-8")):
            assert (ROOT / page).exists(), f"{path.relative_to(ROOT)} names {page}"


def test_the_log_line_of_a_hold_names_a_heading() -> None:
    """It quotes the section's name."""
    [quoted] = re.findall(r"see docs/operations\.md, '([^']+)'", read("worker/sending.py"))

    assert f"\n## {quoted}\n" in read("docs/operations.md")


def test_there_is_a_place_for_the_demo() -> None:
    """With one block behind it, for what it prints."""
    _, _, rest = read("README.md").partition("<!-- demo -->\n")

    assert len(blocks(rest, "text")) >= 1
    assert rest.startswith("```text\n")
