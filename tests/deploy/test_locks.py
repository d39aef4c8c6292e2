"""What the images install: just what they need, of what was tested, each package checked by its hash."""

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

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _pins(path: Path) -> dict[tuple[str, str], str]:
    """Each package with its version and marker, and its hashes."""
    text = path.read_text(encoding="utf-8")
    found = {(name, version): hashes for name, version, _, hashes in PINNED.findall(text)}
    assert len(found) == len(re.findall(r"^\S+==", text, flags=re.MULTILINE))
    return found


def _needed(lines: Sequence[str], extras: Sequence[str] = ("",)) -> Iterator[str]:
    """What is installed for these requirements, by what the installed packages say of themselves."""
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            name = canonicalize_name(requirement.name)
            if name == "zettai-sms":
                for extra in requirement.extras:
                    yield from _needed(PROJECT["project"]["optional-dependencies"][extra])
            else:
                yield name
                yield from _needed(requires(name) or (), [*requirement.extras, ""])


@pytest.mark.parametrize("extra", ["worker", "demo"])
def test_an_image_has_just_what_its_extra_needs(extra: str) -> None:
    """All of it, and no tool of the developers'."""
    needed = set(_needed([*PROJECT["project"]["dependencies"], f"zettai-sms[{extra}]"]))
    locked = {name for name, _ in _pins(ROOT / "deploy" / f"{extra}.lock")}
    assert needed <= locked
    assert not locked & {"pytest", "ruff", "mypy", "hypothesis", "selenium", "pip"}


@pytest.mark.parametrize("name", ["worker", "demo", "build"])
def test_an_image_has_what_was_tested(name: str) -> None:
    """The same versions with the same hashes as in the lock that the tests are run with."""
    tested = _pins(ROOT / "requirements.lock")
    for package, hashes in _pins(ROOT / "deploy" / f"{name}.lock").items():
        assert tested[package] == hashes


def test_the_wheel_is_built_with_what_is_locked() -> None:
    """Else the image's build would ask a registry."""
    [backend] = PROJECT["build-system"]["requires"]
    assert Requirement(backend).name in {name for name, _ in _pins(ROOT / "deploy" / "build.lock")}
    assert "echo hatchling |" in (ROOT / "Makefile").read_text(encoding="utf-8")
