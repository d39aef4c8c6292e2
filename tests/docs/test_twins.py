"""The Japanese pages have the parts of the English ones: headings, tables, lists, code and names."""

import re

import pytest
from tests.docs.pages import Fence, fences, read, without_texts

PAGES = [
    "docs/deployment.ja.md",
    "docs/explanation/exactly-once.ja.md",
    "docs/explanation/kddi.ja.md",
    "docs/explanation/limiter.ja.md",
    "docs/how-to/accounts.ja.md",
    "docs/how-to/billed-parts.ja.md",
    "docs/how-to/campaign-report.ja.md",
    "docs/how-to/campaigns.ja.md",
    "docs/how-to/check-text.ja.md",
    "docs/how-to/check-your-account.ja.md",
    "docs/how-to/console.ja.md",
    "docs/how-to/csv.ja.md",
    "docs/how-to/durable.ja.md",
    "docs/how-to/encryption.ja.md",
    "docs/how-to/events.ja.md",
    "docs/how-to/flower.ja.md",
    "docs/how-to/form-errors.ja.md",
    "docs/how-to/guards.ja.md",
    "docs/how-to/opt-outs.ja.md",
    "docs/how-to/outbox.ja.md",
    "docs/how-to/personal-data.ja.md",
    "docs/how-to/phone-numbers.ja.md",
    "docs/how-to/reservations.ja.md",
    "docs/how-to/secure-redis.ja.md",
    "docs/how-to/senders.ja.md",
    "docs/how-to/sentinel.ja.md",
    "docs/how-to/testing-your-app.ja.md",
    "docs/how-to/tracing.ja.md",
    "docs/how-to/webhooks.ja.md",
    "docs/operations.ja.md",
    "docs/reference/errors.ja.md",
    "docs/reference/installation.ja.md",
    "docs/runbook.ja.md",
    "docs/tutorial.ja.md",
]
"""Not those with a picture, metadata or a printed message in Japanese, the index and the glossary."""


def parts(page: str) -> dict[str, object]:
    """Return what does not depend on the language."""
    text = read(page)
    prose = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)
    rows = [line for line in prose.splitlines() if line.startswith("|")]
    return {
        "headings": [len(level) for level in re.findall(r"^(#+) ", prose, flags=re.MULTILINE)],
        "alerts": re.findall(r"^### (Zettai\w+)$", prose, flags=re.MULTILINE),
        "cells": [row.count("|") for row in rows],
        "first names of rows": [sorted(re.findall(r"`[^`]+`", row.split(" | ")[0])) for row in rows],
        "items": len(re.findall(r"^(?:-|\d\.) ", prose, flags=re.MULTILINE)),
        "pictures": re.findall(r"!\[[^\]]*\]\(([^)]+)\)", prose),
        "code": [(fence.language, "".join(without_texts(_commands(fence)).split())) for fence in fences(text)],
        "settings": sorted(set(re.findall(r"ZETTAI_[A-Z_]+", text))),
    }


def _commands(fence: Fence) -> str:
    """Return the code of a fence. What a command prints is in the language of the page."""
    if fence.language != "console":
        return fence.text
    return "".join(line for line in fence.text.splitlines(keepends=True) if line.startswith("$ "))


@pytest.mark.parametrize("page", PAGES)
def test_japanese_page_has_the_parts_of_the_english_one(page: str) -> None:
    assert parts(page) == parts(page.replace(".ja.md", ".md"))
