"""The checks before a commit and in CI are those of `make check`."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.docs.pages import ROOT, read


def test_pre_commit_runs_the_commands_of_make_check() -> None:
    makefile = read("Makefile").replace("$(BIN)", ".venv/bin").replace("$(LOCKS)", "deploy/locks")
    [parts] = re.findall(r"^check: ([a-z ]+) ##", makefile, flags=re.MULTILINE)
    recipes = re.findall(rf"^(?:{'|'.join(parts.split())}):.*\n((?:\t.*\n)+)", makefile, flags=re.MULTILINE)
    commands = {line.strip().removesuffix(" .") for recipe in recipes for line in recipe.splitlines()}
    hooks = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"][0]["hooks"]

    assert {hook["entry"] for hook in hooks} == commands


def test_the_workflow_runs_every_supported_python() -> None:
    workflow = yaml.safe_load(read(".github/workflows/ci.yml"))["jobs"]["test"]
    supported = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', read("pyproject.toml"))

    assert workflow["strategy"]["matrix"]["python"] == supported
    assert ".ci/run" in [step.get("run") for step in workflow["steps"]]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100


def _modules(folder: Path) -> Iterator[str]:
    for path in folder.iterdir():
        if path.suffix == ".py" or (path / "__init__.py").exists():
            yield f"{folder.name}.{path.stem}"


@pytest.mark.parametrize(
    ("source", "package"),
    [("zettai.core", "producers/zettai"), ("zettai_worker.limiter", "worker/zettai_worker")],
)
def test_a_contract_names_every_other_module_of_the_package(source: str, package: str) -> None:
    """Otherwise a new module could be imported without breaking a contract."""
    contracts = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    forbidden = {
        name for one in contracts if source in one.get("source_modules", []) for name in one["forbidden_modules"]
    }
    others = set(_modules(ROOT / package)) - {source, f"{Path(package).name}.__init__"}

    assert others <= forbidden
