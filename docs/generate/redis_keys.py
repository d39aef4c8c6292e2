"""The page of the keys in Redis."""

import inspect
from collections.abc import Iterator

from docs.generate.markdown import code, table
from docs.generate.source import first_paragraph

from zettai.core.store.keys import Keys

HEAD = """# Keys in Redis

`make docs` writes this page from [keys.py](../../producers/zettai/core/store/keys.py), the only place that makes key names. All keys begin
with `ZETTAI_KEY_PREFIX` (here `zettai`). The Lua scripts receive the names and make none.

These are the keys of the default account. [Further accounts](../how-to/accounts.md) share those of records, texts, groups, replacements,
events, suppressions, the gateway and files. They have their own of all others, which begin with `zettai:account:NAME` in place of `zettai`;
their queues end with `@NAME`.

"""


def page() -> str:
    """Return the page."""
    return HEAD + table(("key", "type", "meaning"), _rows())


def _rows() -> Iterator[tuple[str, str, str]]:
    keys = Keys("zettai")
    for name, member in vars(Keys).items():
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            made, text = getattr(keys, name), member.__doc__
        elif inspect.isfunction(member):
            words = [word.upper() for word in inspect.signature(member).parameters if word != "self"]
            made, text = member(keys, *words), member.__doc__
        else:
            continue
        if isinstance(made, str):
            kind, colon, meaning = first_paragraph(text).partition(": ")
            yield code(made), kind.lower() if colon else "–", _capitalized(meaning or kind)


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]
