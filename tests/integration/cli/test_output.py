"""The streams of the command: results on stdout, the log on stderr."""

import subprocess
import sys

PROBE = """
import sys
import structlog
from zettai_cli import main
sys.argv = ["zettai", "worker", "--plan", "--json"]
try:
    main()
except SystemExit:
    structlog.get_logger("zettai.producers").warning("task_not_published")
"""


def test_warnings_go_to_stderr() -> None:
    ran = subprocess.run([sys.executable, "-c", PROBE], check=True, capture_output=True, text=True)

    assert len(ran.stdout.splitlines()) == 1
    assert "task_not_published" in ran.stderr
