"""Build the documentation site into build/site: `python -m docs.generate.site`.

The pages are read in a source repository too, so their links may lead to files that are not on the site. This program
copies the pages and rewrites these links, and MkDocs builds the site. A link without a target is an error.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "build" / "site-source"

ROOT_PAGES = {
    "README.md": "overview.md",
    "README.ja.md": "overview.ja.md",
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "deploy/README.md": "deploy-files.md",
}
"""Pages outside the folder docs, and their places on the site."""

LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s#]*)(?P<anchor>#[^)\s]*)?\)")
IMAGE = re.compile(r"(?P<before>!\[[^\]]*\]\(|(?:src|srcset)=\")(?P<target>[^)\"\s:]+)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def main() -> int:
    """Prepare the sources, and build the site."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    for page in sorted((ROOT / "docs").rglob("*.md")):
        _write(page, SOURCE / page.relative_to(ROOT / "docs"))
    for name, place in ROOT_PAGES.items():
        _write(ROOT / name, SOURCE / place)
    for folder in ("images", "benchmarks"):
        shutil.copytree(ROOT / "docs" / folder, SOURCE / folder, ignore=shutil.ignore_patterns("*.json"))
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--clean"]
    # The theme prints advertising for its successor otherwise.
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode  # noqa: S603 - our own command


def _write(page: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(rewritten(page.read_text(encoding="utf-8"), page, place), encoding="utf-8")


def rewritten(text: str, page: Path, place: Path) -> str:
    """Return the text of a page with the links that its place on the site needs."""

    def link(found: re.Match[str]) -> str:
        target, anchor = found["target"], found["anchor"] or ""
        if not target or "://" in target or target.startswith("mailto:"):
            return found[0]
        on_site = _place_of((page.parent / target).resolve())
        if on_site is None:
            return found["text"]  # a source file
        return f"[{found['text']}]({_relative(on_site, place)}{anchor})"

    def image(found: re.Match[str]) -> str:
        on_site = _place_of((page.parent / found["target"]).resolve())
        return found[0] if on_site is None else found["before"] + _relative(on_site, place)

    parts = re.split(f"({FENCE.pattern})", text, flags=FENCE.flags)
    return "".join(part if part.startswith("```") else IMAGE.sub(image, LINK.sub(link, part)) for part in parts)


def _place_of(target: Path) -> Path | None:
    """Return where a file is on the site, or None if it is not there."""
    name = target.relative_to(ROOT).as_posix()
    if name in ROOT_PAGES:
        return SOURCE / ROOT_PAGES[name]
    if name.startswith("docs/") and target.suffix in {".md", ".svg", ".png"}:
        return SOURCE / name.removeprefix("docs/")
    return None


def _relative(target: Path, place: Path) -> str:
    return Path(os.path.relpath(target, place.parent)).as_posix()


if __name__ == "__main__":
    sys.exit(main())
