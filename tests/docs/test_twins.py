"""The Japanese pages of operators have the parts of the English ones: headings, tables, lists, code and names."""

import re

import pytest
from tests.docs.pages import fences, read

PAGES = [
    "docs/deployment.ja.md",
    "docs/explanation/exactly-once.ja.md",
    "docs/explanation/kddi.ja.md",
    "docs/explanation/limiter.ja.md",
    "docs/operations.ja.md",
    "docs/runbook.ja.md",
    "docs/how-to/campaign-report.ja.md",
    "docs/how-to/check-text.ja.md",
    "docs/how-to/check-your-account.ja.md",
    "docs/how-to/durable.ja.md",
    "docs/how-to/flower.ja.md",
    "docs/how-to/secure-redis.ja.md",
    "docs/how-to/sentinel.ja.md",
]

WORDS = re.compile(r'"[^"\n]*"|#.*')
"""Texts and comments in code, which may be in the language of the page."""


def parts(page: str) -> dict[str, object]:
    """Return what does not depend on the language."""
    text = read(page)
    prose = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)
    rows = [line for line in prose.splitlines() if line.startswith("|")]
    return {
        "headings": [len(level) for level in re.findall(r"^(#+) ", prose, flags=re.MULTILINE)],
        "alerts": re.findall(r"^### (Zettai\w+)$", prose, flags=re.MULTILINE),
        "cells": [row.count("|") for row in rows],
        "first names of rows": [re.findall(r"`[^`]+`", row.split(" | ")[0]) for row in rows],
        "items": len(re.findall(r"^(?:-|\d\.) ", prose, flags=re.MULTILINE)),
        "pictures": re.findall(r"!\[[^\]]*\]\(([^)]+)\)", prose),
        "code": [(fence.language, WORDS.sub("", fence.text)) for fence in fences(text)],
        "settings": sorted(set(re.findall(r"ZETTAI_[A-Z_]+", text))),
    }


@pytest.mark.parametrize("page", PAGES)
def test_japanese_page_has_the_parts_of_the_english_one(page: str) -> None:
    assert parts(page) == parts(page.replace(".ja.md", ".md"))
