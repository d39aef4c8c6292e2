"""Write the reference pages, the users of Redis and the Japanese texts, or with `--check` print what differs and fail."""

import sys
from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path

from docs.generate import catalog, cli, errors, errors_ja, limits, metrics, redis_keys, settings, states
from docs.generate.source import ROOT

from zettai.core.store.redis_users import acl_file

FOLDER = Path(__file__).parents[1] / "reference"

USERS = ROOT / "deploy" / "redis" / "users.acl"

PAGES: dict[str, Callable[[], str]] = {
    "settings": settings.page,
    "states": states.page,
    "errors": errors.page,
    "errors.ja": errors_ja.page,
    "cli": cli.page,
    "metrics": metrics.page,
    "limits": limits.page,
    "redis-keys": redis_keys.page,
}
"""Each page by its file name."""


def main(*words: str) -> int:
    """Return 0, or 1 where a page differs from the code and `--check` is given."""
    pages = {FOLDER / f"{name}.md": page() for name, page in PAGES.items()} | {USERS: acl_file()}
    if "--check" not in words:
        for path, text in pages.items():
            path.write_text(text, encoding="utf-8")
        for path, content in catalog.files().items():
            path.write_bytes(content)
        return 0
    differences = [line for path, text in pages.items() for line in _differences(path, text)]
    differences += [
        f"{path} is out of date\n" for path, content in catalog.files().items() if path.read_bytes() != content
    ]
    sys.stdout.writelines(differences)
    sys.stdout.write("docs/reference differs from the code: run make docs\n" if differences else "docs: up to date\n")
    return 1 if differences else 0


def _differences(path: Path, text: str) -> list[str]:
    written = path.read_text(encoding="utf-8") if path.exists() else ""
    return list(unified_diff(written.splitlines(keepends=True), text.splitlines(keepends=True), str(path), "the code"))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
