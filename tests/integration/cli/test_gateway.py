"""`zettai gateway` and `zettai gateway-key`."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.cli.helpers import document, run, zettai

from zettai.gateway.api_keys import Scope, new_key, parse_keys

LINE = str(new_key("web", [Scope.SEND])[1])


def test_key_goes_to_stderr_and_its_line_to_stdout() -> None:
    ran = zettai("gateway-key", "web", "--scope", "send", "--scope", "read")

    [line] = ran.stdout.splitlines()
    key = next(word for word in ran.stderr.split() if word.startswith("zettai_"))
    assert line.startswith("web:send,read:")
    assert str(parse_keys(line).find(key)) == line
    assert key not in ran.stdout


def test_json_has_the_key_and_its_line() -> None:
    made = document(zettai("gateway-key", "web", "--scope", "metrics", "--json"))

    assert str(parse_keys(made["line"]).find(made["key"])) == made["line"]


@pytest.mark.parametrize("words", [("a b", "--scope", "send"), ("web",), ("web", "--scope", "all")])
def test_invalid_name_or_scope_is_a_usage_error(words: tuple[str, ...]) -> None:
    ran = zettai("gateway-key", *words)

    assert (ran.exit_code, ran.stdout) == (2, "")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "ZETTAI_GATEWAY_KEYS_FILE: must be set (or ZETTAI_GATEWAY_KEYS); zettai gateway-key makes a key"),
        ({"GATEWAY_KEYS": "# none"}, "ZETTAI_GATEWAY_KEYS: has no key"),
        ({"GATEWAY_KEYS": "web"}, "ZETTAI_GATEWAY_KEYS: line 1 is not NAME:SCOPES:HASH"),
        ({"GATEWAY_KEYS_FILE": "/nonexistent"}, "ZETTAI_GATEWAY_KEYS_FILE: /nonexistent cannot be read"),
        ({"GATEWAY_KEYS": LINE, "GATEWAY_RATE": "0"}, "ZETTAI_GATEWAY_RATE: "),
        ({"GATEWAY_KEYS": LINE, "GATEWAY_PORT": "x"}, "ZETTAI_GATEWAY_PORT: "),
        ({"GATEWAY_KEYS": LINE, "REPORT_PATH": "/0123456789abcdef"}, "ZETTAI_CLIENT_ID: must be set"),
    ],
)
def test_wrong_setting_is_named_in_one_line(settings: dict[str, str], words: str) -> None:
    ran = zettai("gateway", env={f"ZETTAI_{name}": value for name, value in settings.items()})

    assert (ran.exit_code, len(ran.stderr.splitlines())) == (3, 1)
    assert ran.stderr.startswith(f"zettai: {words}")


def test_port_in_use_is_reported_in_one_line(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(LINE)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        settings = {"ZETTAI_GATEWAY_KEYS_FILE": str(keys), "ZETTAI_GATEWAY_PORT": port}
        command = [sys.executable, "-m", "zettai.gateway"]
        ran = subprocess.run(command, env=os.environ | settings, text=True, capture_output=True, check=False)
        by_command_line = run("gateway", **settings)

    assert (ran.returncode, ran.stderr) == (by_command_line.returncode, by_command_line.stderr)
    assert (ran.returncode, len(ran.stderr.splitlines())) == (1, 1)
    assert ran.stderr.startswith(f"zettai: cannot listen on port {port}: Address already in use")
