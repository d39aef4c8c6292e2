"""The documentation site, built by MkDocs, which refuses links without a target and pages that no menu has."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from docs.generate.site import rewritten
from tests.docs.pages import ROOT

pytestmark = pytest.mark.long

SITE = ROOT / "build" / "site"


@pytest.fixture(scope="module")
def site() -> Path:
    built = subprocess.run(
        [sys.executable, "-m", "docs.generate.site"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=110
    )
    assert (built.returncode, built.stderr) == (0, "")
    return SITE


def test_every_page_is_on_the_site(site: Path) -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").with_suffix("").as_posix()
        folder, name = (site / "ja", name.removesuffix(".ja")) if name.endswith(".ja") else (site, name)
        assert (folder / f"{name}.html").is_file(), page


def test_search_finds_words_in_both_languages(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    texts = " ".join(entry["text"] for entry in index["docs"])
    assert index["config"]["lang"] == ["en", "ja"]
    assert "reservation" in texts
    assert "予約" in texts


def test_pages_load_nothing_from_other_hosts(site: Path) -> None:
    for page in site.rglob("*.html"):
        assert list(_loaded(page.read_text(encoding="utf-8"))) == [], page


def _loaded(html: str) -> Iterator[str]:
    for tag in re.findall(r"<(?:script|img|link)\b[^>]*>", html):
        if 'rel="canonical"' not in tag:
            yield from re.findall(r'(?:src|href)="?((?:https?:)?//[^"\s>]+)', tag)


@pytest.mark.parametrize(
    ("link", "on_the_site"),
    [
        ("[a](how-to/csv.md#rows)", "[a](how-to/csv.md#rows)"),
        ("[security](../SECURITY.md)", "[security](security.md)"),
        ("[`claim.lua`](../producers/zettai/core/store/lua/claim.lua)", "`claim.lua`"),
        ("[web](https://example.com/x)", "[web](https://example.com/x)"),
        ("```text\n[not a link](../SECURITY.md)\n```", "```text\n[not a link](../SECURITY.md)\n```"),
    ],
)
def test_links_fit_the_site(link: str, on_the_site: str) -> None:
    page = ROOT / "docs" / "index.md"
    assert rewritten(link, page, ROOT / "build" / "site-source" / "index.md") == on_the_site
