"""Where the pages of the documentation are."""

from pathlib import Path

import zettai_cli


def docs_folder() -> Path:
    """Return the folder of the pages: that of the installation, or `docs` of the repository."""
    package = Path(zettai_cli.__file__).parent
    installed = package / "docs"
    return installed if installed.is_dir() else package.parents[1] / "docs"
