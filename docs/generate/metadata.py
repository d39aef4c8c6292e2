"""The README in the metadata of the package: hatchling loads this file while it builds.

A relative link leads nowhere there, so the path of a page stands beside its text: the wheel has the pages.
"""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

IMAGE = re.compile(r"^!\[[^\]]*\]\((?!https://)[^)]*\)\n", re.MULTILINE)
TRANSLATION = re.compile(r"^\[[^\]]*\]\(README\.\w+\.md\)\n", re.MULTILINE)
LINK = re.compile(r"\[([^\]]*)\]\((?!https://|#)([^)]*)\)")


class ReadmeWithoutRelativeLinks(MetadataHookInterface):
    """Adds the README."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the README to the metadata."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        text = LINK.sub(r"\1 (`\2`)", TRANSLATION.sub("", IMAGE.sub("", text)))
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
