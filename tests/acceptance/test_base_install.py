"""The wheels: web applications need only the base install; the simulator and the demo are extras."""

import os
import re
import subprocess
import sys
import sysconfig
from importlib.metadata import Distribution
from pathlib import Path

import pytest
from tests.docs.pages import ROOT

pytestmark = pytest.mark.long

DISTRIBUTIONS = {
    "zettai_sms": {"zettai", "zettai_pytest", "zettai_worker", "zettai_console", "zettai_cli"},
    "zettai_sms_simulator": {"zettai_simulator"},
    "zettai_sms_demo": {"zettai_demo"},
}
"""The packages of each wheel."""

WEB_APP = """
import sys
from importlib.metadata import distribution, packages_distributions, requires
from importlib.abc import MetaPathFinder
from packaging.requirements import Requirement

def closure(lines, extras=("",)):
    for needed in map(Requirement, lines):
        if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
            yield normal(needed.name)
            yield from closure(requires(needed.name) or (), needed.extras or ("",))

def normal(name):
    return name.lower().replace("_", "-")

installed = {"zettai-sms", *closure(requires("zettai-sms"))}
extras = {
    module for module, names in packages_distributions().items() if not {normal(name) for name in names} & installed
}
assert {"requests", "limits", "typer", "rich", "starlette", "uvicorn", "prometheus_client"} <= extras

class NotInstalled(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in extras:
            raise ModuleNotFoundError(name)

for name in [name for name in sys.modules if name.partition(".")[0] in extras]:
    del sys.modules[name]
sys.meta_path.insert(0, NotInstalled())

from zettai import SmsClient
from zettai.core.delivery_reports import DeliveryReportHandler
from zettai.testing import FakeSmsClient

with SmsClient.from_env() as client:
    message = client.send("09012345678", "from a web app", durable=True)
    assert client.get(message.client_tag) == message
    assert [result.ok for result in client.send_many([{"to": "09012345678", "body": "x"}])] == [True]
    assert client.cancel(message.client_tag) == "canceled"
assert FakeSmsClient().send("09012345678", "x")

with DeliveryReportHandler.from_env(client_id="1234") as handler:
    handler.handle(b'json={"eventNotifications": [{"clientTag": "t", "phoneNumber": "09012345678", "statusId": 2}]}')
print(sys.modules["zettai"].__file__, *(name for name in sys.modules if name in extras))
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheels of this repository."""
    folder = tmp_path_factory.mktemp("wheels")
    sources = [str(ROOT / path) for path in (".", "simulator", "demo")]
    _pip("wheel", "--no-build-isolation", "--wheel-dir", str(folder), *sources)
    return folder


def _pip(command: str, *words: str) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, command, "--no-index", "--no-deps", *words], check=True, capture_output=True)


def _install(wheels: Path, folder: Path, *names: str) -> Path:
    """Install wheels of this repository into a folder."""
    _pip("install", "--target", str(folder), *(str(wheel) for name in names for wheel in wheels.glob(f"{name}-0*")))
    return folder


def _run(folder: Path, script: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the packages of a folder and the third-party packages. -S ignores the editable install."""
    paths = os.pathsep.join([str(folder), sysconfig.get_path("purelib")])
    return subprocess.run(
        [sys.executable, "-S", "-W", "error", "-c", script, *words],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": paths, **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def _zettai(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return _run(folder, "import zettai_cli; zettai_cli.main()", *words)


def test_each_wheel_has_only_its_own_packages(wheels: Path, tmp_path: Path) -> None:
    for name, packages in DISTRIBUTIONS.items():
        folder = _install(wheels, tmp_path / name, name)
        assert {path.parent.name for path in folder.glob("*/__init__.py")} == packages


def test_installation_has_the_pages_that_doctor_names(wheels: Path, tmp_path: Path) -> None:
    folder = _install(wheels, tmp_path / "base", "zettai_sms") / "zettai_cli"
    code = "".join(path.read_text() for path in (folder / "operations" / "doctor").glob("*.py"))
    pages = set(re.findall(r"docs/[a-z/-]+\.md", code))

    assert "docs/runbook.md" in pages
    assert [page for page in pages if not (folder / page).is_file()] == []
    ran = _run(folder.parent, "import zettai_cli; zettai_cli.main()", "doctor", ZETTAI_COLOR_OF_THE_SKY="blue")
    assert ran.stdout.splitlines()[-1] == f"The pages of docs/ are in {folder / 'docs'}."


def test_readme_in_the_metadata_has_no_relative_links(wheels: Path, tmp_path: Path) -> None:
    folder = _install(wheels, tmp_path / "base", "zettai_sms")
    [metadata] = folder.glob("*.dist-info")
    text = (metadata / "METADATA").read_text()

    assert "zettai dev" in text
    assert re.findall(r"\]\((?!https://|#)[^)]*\)", text) == []
    pages = set(re.findall(r"`(docs/[\w/-]+\.md)`", text))
    assert "docs/tutorial.md" in pages
    assert [page for page in pages if not (folder / "zettai_cli" / page).is_file()] == []


def test_extras_require_simulator_and_demo(wheels: Path, tmp_path: Path) -> None:
    folder = _install(wheels, tmp_path / "base", "zettai_sms")
    [metadata] = folder.glob("*.dist-info")
    needed = Distribution.at(metadata).requires or []

    for extra in ("simulator", "demo"):
        assert f"zettai-sms-{extra}==0.2.0; extra == '{extra}'" in needed


def test_web_app_needs_only_the_base_install(wheels: Path, tmp_path: Path, redis_url: str) -> None:
    """Packages of the extras cannot be imported, and the Redis URL is the only setting."""
    folder = _install(wheels, tmp_path / "base", "zettai_sms")

    ran = _run(folder, WEB_APP, ZETTAI_REDIS_URL=redis_url)

    assert (ran.stderr, ran.stdout.split()) == ("", [str(folder / "zettai" / "__init__.py")])


@pytest.mark.parametrize(
    ("command", "needed"),
    [("simulate", "'.[simulator]' ./simulator"), ("demo", "'.[demo]' ./simulator ./demo")],
)
def test_command_without_its_extra_says_what_to_install(
    wheels: Path, tmp_path: Path, command: str, needed: str
) -> None:
    folder = _install(wheels, tmp_path / "base", "zettai_sms")

    ran = _zettai(folder, command)

    assert ran.returncode == 1
    assert f"run, in a clone: pip install {needed}\n" in ran.stderr


def test_gateway_without_its_extra_says_what_to_install(wheels: Path, tmp_path: Path) -> None:
    folder = _install(wheels, tmp_path / "base", "zettai_sms")
    script = (
        "import importlib.util as util, runpy; found = util.find_spec\n"
        "util.find_spec = lambda name: None if name == 'uvicorn' else found(name)\n"
        "runpy.run_module('zettai.gateway', run_name='__main__')"
    )

    ran = _run(folder, script)

    assert (ran.returncode, ran.stderr) == (
        1,
        "zettai: the gateway needs its extra; run pip install 'zettai-sms[gateway]'\n",
    )


def test_demo_command_exists_with_all_wheels(wheels: Path, tmp_path: Path) -> None:
    folder = _install(wheels, tmp_path / "all", *DISTRIBUTIONS)

    ran = _zettai(folder, "demo", "--help")

    assert ran.returncode == 0
    assert "--messages" in ran.stdout
