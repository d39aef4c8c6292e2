"""The checks before a commit and in CI are those of `make check`."""

import re

import yaml
from tests.docs.pages import ROOT, read


def test_pre_commit_runs_the_commands_of_make_check() -> None:
    makefile = read("Makefile").replace("$(BIN)", ".venv/bin").replace("$(LOCKS)", "deploy/locks")
    [recipe] = re.findall(r"^check:.*\n((?:\t.*\n)+)", makefile, flags=re.MULTILINE)
    commands = {line.strip().removesuffix(" .") for line in recipe.splitlines()}
    hooks = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"][0]["hooks"]

    assert {hook["entry"] for hook in hooks} == commands


def test_the_workflow_runs_every_supported_python() -> None:
    workflow = yaml.safe_load(read(".github/workflows/ci.yml"))["jobs"]["test"]
    supported = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', read("pyproject.toml"))

    assert workflow["strategy"]["matrix"]["python"] == supported
    assert ".ci/run" in [step.get("run") for step in workflow["steps"]]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100
