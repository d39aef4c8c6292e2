"""The commands of encryption.md and encryption.ja.md make a key that works, with an extra that exists."""

import subprocess
import tomllib
from pathlib import Path

import pytest
from tests.docs.pages import ROOT, blocks, read

from zettai import Settings

PAGES = ["docs/how-to/encryption.md", "docs/how-to/encryption.ja.md"]


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_make_a_key_that_works(page: str, tmp_path: Path) -> None:
    [commands] = blocks(read(page), "sh")
    install, make_key = commands.splitlines()

    subprocess.run(["bash", "-euc", make_key], cwd=tmp_path, check=True)

    settings = Settings.load(encryption_keys_file=str(tmp_path / "encryption.keys"))
    assert settings.secret_keys().sealer is not None
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert install == "pip install 'zettai-sms[encryption]'"
    assert "encryption" in extras
