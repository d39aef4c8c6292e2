"""Programs that some tests need and the project does not install."""

import os
from shutil import which

import pytest


def program(name: str, package: str) -> str:
    """Return the full path of a program. If it is missing, skip the test, or fail it in CI.

    Args:
        name: of the program.
        package: the Debian package that installs it.
    """
    path = which(name)
    if path is None:
        missing = f"{name} is not installed: apt-get install {package}"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return path
