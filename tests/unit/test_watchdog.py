"""A test that hangs ends, and takes its processes with it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the process tree in /proc")

START = "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
NOTE = "open('child', 'w').write(str(child.pid))"


@pytest.mark.parametrize(
    "body", [f"{START}; {NOTE}; child.wait()", f"{START}\n    with child: {NOTE}; time.sleep(600)"]
)
@pytest.mark.long
def test_hanging_test_fails_and_its_child_is_killed(tmp_path: Path, body: str) -> None:
    (tmp_path / "test_hangs.py").write_text(f"import subprocess, sys, time\ndef test_hangs():\n    {body}\n")

    output = _pytest(tmp_path, f"{sys.executable} -m pytest --override-ini timeout=1")

    assert "1 failed" in output
    assert "Timeout" in output
    assert not Path("/proc", (tmp_path / "child").read_text()).exists()


def test_child_takes_sigint_though_the_shell_ignored_it(tmp_path: Path) -> None:
    (tmp_path / "test_child.py").write_text(
        "import subprocess, sys\n"
        "def test_child():\n"
        "    show = 'import signal; print(signal.getsignal(signal.SIGINT))'\n"
        "    assert 'default_int_handler' in subprocess.check_output([sys.executable, '-c', show], text=True)\n"
    )

    output = _pytest(tmp_path, f"trap '' INT; {sys.executable} -m pytest --override-ini timeout=60")

    assert "1 passed" in output


def _pytest(folder: Path, command: str) -> str:
    """Run the tests of a folder with the hooks of this suite, and return what pytest prints."""
    (folder / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text())
    run = subprocess.run(
        ["sh", "-c", f"{command} -p no:cacheprovider"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return run.stdout
