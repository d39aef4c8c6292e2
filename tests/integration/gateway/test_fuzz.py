"""The gateway against its own OpenAPI document: whatever may be sent, its answers are those that it describes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.pages import ROOT
from tests.integration.gateway.given import Gateway

from zettai.gateway.operations import OPERATIONS

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

CONFIG = ROOT / "tests/integration/gateway/schemathesis.toml"


def test_responses_match_the_openapi_document(gateway: Gateway, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG), "run"]
    url = f"http://127.0.0.1:{gateway.port}/openapi.json"
    options = ["--header", f"Authorization: Bearer {gateway.keys['web']}", "--workers", "2"]
    # What takes minutes, as whole journeys, is left to the command of docs/how-to/gateway.md.
    bounds = ["--seed", "1", "--max-examples", "5", "--phases", "examples,coverage,fuzzing"]

    ran = subprocess.run(
        [*command, url, *options, *bounds],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )

    assert ran.returncode == 0, ran.stdout
    assert f"{len(OPERATIONS)} selected / {len(OPERATIONS)} total" in ran.stdout
