"""The languages of the console: which one a request wants, and the catalog of texts (gettext).

The texts are in English in the code and in the templates. `locale/ja` has the Japanese ones.
"""

import gettext
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files

DOMAIN = "zettai_console"

COOKIE = "zettai_language"


class Language(StrEnum):
    """A language of the console."""

    JAPANESE = "ja"
    ENGLISH = "en"

    @property
    def own_name(self) -> str:
        """The name of the language in itself."""
        return {"ja": "日本語", "en": "English"}[self]


def mark(text: str) -> str:
    """Return the text. Marks it for the catalog, to be translated later."""
    return text


def choose(cookies: Mapping[str, str], accepted: str) -> Language:
    """Return the language that the user chose, or else the one that the browser prefers, or else Japanese.

    Args:
        cookies: of the request.
        accepted: the header `Accept-Language`.
    """
    chosen = cookies.get(COOKIE)
    if chosen in list(Language):
        return Language(chosen)
    wanted = sorted(map(_preference, accepted.split(",")), reverse=True)
    return next((Language(name) for _, name in wanted if name in list(Language)), Language.JAPANESE)


@cache
def translations(language: Language) -> gettext.NullTranslations:
    """Return the catalog of a language. English needs none."""
    if language is Language.ENGLISH:
        return gettext.NullTranslations()
    with (files(DOMAIN) / "locale" / language / "LC_MESSAGES" / f"{DOMAIN}.mo").open("rb") as catalog:
        return gettext.GNUTranslations(catalog)


def _preference(entry: str) -> tuple[float, str]:
    """Return the weight and the language of an entry such as `ja-JP;q=0.9`."""
    name, _, weight = entry.partition(";q=")
    try:
        return float(weight or 1), name.strip().partition("-")[0].lower()
    except ValueError:
        return 0.0, ""
