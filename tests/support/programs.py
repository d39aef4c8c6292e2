"""Programs that some tests need and the project does not install: their absence is told, and in CI it is a failure."""

import os
from shutil import which

import pytest


def program(name: str, package: str) -> str:
    """The full path of a program.

    Args:
        name: as a shell would find it.
        package: the one of Debian that has it, for whoever must install it.
    """
    path = which(name)
    if path is None:
        missing = f"{name} is not installed: apt-get install {package}"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return path
