"""The locks: an image installs what it needs, in the versions that were tested, each package checked by its hash."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.docs.pages import ROOT

PINNED = re.compile(
    r"^([a-z0-9.-]+)==([^ ;\\]+)(?: ; ([^\\]+?))? \\$((?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)+)", re.MULTILINE
)

LOCKS = ROOT / "deploy" / "locks"

OURS = {
    project["project"]["name"]: project
    for folder in (ROOT, ROOT / "simulator", ROOT / "demo")
    for project in [tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))]
}
"""The distributions of this repository, which no lock names."""


def _pins(path: Path) -> dict[tuple[str, str], str]:
    """Return the hashes of each package and version in a lock."""
    text = path.read_text(encoding="utf-8")
    found = {(name, version): hashes for name, version, _, hashes in PINNED.findall(text)}
    assert len(found) == len(re.findall(r"^\S+==", text, flags=re.MULTILINE))
    return found


def _needed(lines: Sequence[str], extras: Sequence[str] = ("",)) -> Iterator[str]:
    """Yield the packages that these requirements install, read from the metadata of the installed packages."""
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            name = canonicalize_name(requirement.name)
            if name in OURS:
                yield from _needed(OURS[name]["project"]["dependencies"])
                for extra in requirement.extras:
                    yield from _needed(OURS[name]["project"]["optional-dependencies"][extra])
            else:
                yield name
                yield from _needed(requires(name) or (), [*requirement.extras, ""])


@pytest.mark.parametrize("extra", ["worker", "demo"])
def test_an_image_has_what_its_extra_needs_and_no_developer_tool(extra: str) -> None:
    needed = set(_needed([f"zettai-sms[{extra}]"]))
    locked = {name for name, _ in _pins(LOCKS / f"{extra}.lock")}

    assert needed <= locked
    assert ("aiohttp" in locked) is (extra == "demo")
    assert not locked & {"pytest", "ruff", "mypy", "hypothesis", "selenium", "pip"}


@pytest.mark.parametrize("name", ["worker", "demo", "build"])
def test_an_image_has_the_versions_and_hashes_that_the_tests_ran_with(name: str) -> None:
    tested = _pins(LOCKS / "dev.lock")

    for package, hashes in _pins(LOCKS / f"{name}.lock").items():
        assert tested[package] == hashes


def test_the_build_lock_has_the_build_backend_of_each_distribution() -> None:
    """Otherwise the image's build would ask a registry."""
    for project in OURS.values():
        [backend] = project["build-system"]["requires"]
        assert Requirement(backend).name in {name for name, _ in _pins(LOCKS / "build.lock")}


@pytest.mark.parametrize(
    "path", [*LOCKS.glob("*.lock"), *ROOT.glob("benchmarks/*/peers/*.lock")], ids=lambda path: path.name
)
def test_no_lock_names_an_index_or_a_distribution_of_ours(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert "://" not in text
    assert "zettai" not in text
