"""The Japanese texts of the OpenAPI document, from a catalog of gettext."""

import gettext
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from starlette.datastructures import Headers

Translate = Callable[[str], str]

CATALOG = "locale/ja/LC_MESSAGES/gateway.mo"

TRANSLATED = frozenset({"summary", "description"})
"""The names of the texts in the document."""

VALUES = frozenset({"example", "examples", "value"})
"""Parts of schemas that are no texts."""


def japanese() -> Translate:
    """Return the function that translates a text into Japanese."""
    with (files("zettai.gateway") / CATALOG).open("rb") as catalog:
        return gettext.GNUTranslations(catalog).gettext


def translated(part: Any, say: Translate) -> Any:
    """Return a part of the document with its texts translated."""
    if isinstance(part, list):
        return [translated(one, say) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        name: say(one)
        if name in TRANSLATED and isinstance(one, str)
        else one
        if name in VALUES
        else translated(one, say)
        for name, one in part.items()
    }


def prefers_japanese(headers: Headers) -> bool:
    """Return whether the browser names Japanese before English."""
    names = [one.strip().lower()[:2] for one in headers.get("accept-language", "").split(",")]
    return "ja" in names and ("en" not in names or names.index("ja") < names.index("en"))
