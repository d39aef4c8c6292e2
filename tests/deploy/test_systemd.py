"""The systemd units, checked by systemd-analyze."""

import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest
from tests.deploy.files import UNITS, in_containers, in_units, unit
from tests.support.programs import program

NAMES = sorted(path.name for path in UNITS.glob("*.service"))

EXPOSURE = 1.5
"""The most that `systemd-analyze security` may find, of 10; a unit without any protection has 9.6."""


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the units with the paths of this installation's programs, which systemd checks."""
    folder = tmp_path_factory.mktemp("units") / "system"
    copytree(UNITS, folder)
    for path in folder.glob("*.service"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("/opt/zettai/bin", str(Path(sys.executable).parent)), encoding="utf-8")
    return folder


def _analyze(units: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program("systemd-analyze", "systemd"), *words],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_systemd_analyze_verifies_the_units(units: Path) -> None:
    found = _analyze(units, "verify", "--man=no", *(str(units / name) for name in NAMES))
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")
    assert {path.name for path in UNITS.iterdir()} == {*NAMES, "zettai-.service.d"}


@pytest.mark.parametrize("name", NAMES)
def test_the_exposure_of_each_unit_is_low(units: Path, name: str) -> None:
    """As `systemd-analyze security` measures it."""
    found = _analyze(
        units, "security", "--offline=true", f"--threshold={round(EXPOSURE * 10)}", "--no-pager", str(units / name)
    )
    assert found.returncode == 0, found.stdout[-300:]


@pytest.mark.parametrize("name", NAMES)
def test_each_unit_starts_with_the_host_and_restarts_without_limit(name: str) -> None:
    assert unit(UNITS / name)["Install"]["WantedBy"] == "multi-user.target"
    common = unit(UNITS / "zettai-.service.d" / "common.conf")
    assert common["Service"]["Restart"] == "always"
    assert common["Unit"]["StartLimitIntervalSec"] == "0"


def test_the_units_run_the_commands_of_the_compose_file() -> None:
    """One supervisor runs the workers."""
    of_compose = {one.name: one.words for one in in_containers()}
    of_units = {one.name: one.words for one in in_units()}
    assert of_units.pop("worker") == ("zettai", "worker")
    assert of_units == {name: of_compose[name] for name in ("exporter", "flower", "gateway", "webhooks")}


def test_each_named_secret_is_loaded_as_a_credential() -> None:
    common = (UNITS / "zettai-.service.d" / "common.conf").read_text(encoding="utf-8")
    for one in in_units():
        text = common + (UNITS / f"zettai-{one.name}.service").read_text(encoding="utf-8")
        told = " ".join([*one.command, *one.environment.values()])
        loaded = {line.partition("=")[2].partition(":")[0] for line in text.splitlines() if line.startswith("LoadC")}
        assert {f"%d/{name}" for name in loaded} == {word for word in told.replace("=", " ").split() if "%d/" in word}
        assert ("provider_token" in loaded) is (one.name == "worker")
