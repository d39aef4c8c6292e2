"""Checks of a command's words, by its program. Most use the parser of the program itself."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import yaml
from tests.docs.pages import ROOT, read
from typer.main import get_command

from zettai.contrib.framework import FrameworkSettings
from zettai.core.lanes import Lane
from zettai.gateway.openapi.document import build_document
from zettai_benchmarks.catalog import SCENARIOS
from zettai_cli.app import app
from zettai_console.settings import ConsoleSettings
from zettai_simulator.command_line import settings_from
from zettai_worker.settings import WorkerSettings
from zettai_worker.webhooks.settings import WebhookSettings

PROBE = """
import json
from celery.bin.celery import celery
from flower.command import options
from zettai_worker.celery import app
commands = {
    name: [word for one in command.params for word in [*one.opts, *one.secondary_opts]]
    for name, command in celery.commands.items()
}
commands["flower"] += [f"--{name.replace('-', '_')}" for name in options.as_dict()]
print(json.dumps({"commands": commands, "queues": list(app.amqp.queues)}))
"""

SETTINGS = {"ZETTAI_TOKEN": "0" * 32, "ZETTAI_CLIENT_ID": "1", "ZETTAI_SMS_CODE": "12345"}

VARIABLES = {
    f"ZETTAI_{name.upper()}"
    for settings in (ConsoleSettings, WorkerSettings, WebhookSettings, FrameworkSettings)
    for name in settings.model_fields
} | {"FLOWER_BASIC_AUTH", "DJANGO_DEBUG", "PATH", "PYTHONPATH"}
"""The variables that pages may set."""

A_TIME = "2026-08-01T09:00+09:00"
"""Stands for what a shell computes."""

SECRETS = "deploy/secrets/"
"""The folder that the page of the deployment fills, and which is in no clone."""


@cache
def celery() -> dict[str, Any]:
    """Return the options and queues of `celery -A zettai_worker`, from its own process: the app reads its settings
    on import.
    """
    ran = subprocess.run(
        [sys.executable, "-c", PROBE], check=True, capture_output=True, env={**os.environ, **SETTINGS}, cwd=ROOT
    )
    return dict(json.loads(ran.stdout))


def secrets() -> set[str]:
    """Return the names of the files that the compose file expects."""
    return set(yaml.safe_load(read("docker-compose.yml"))["secrets"])


def find(words: Sequence[str]) -> tuple[Any, list[str]]:
    """Return a command of ours and its words."""
    command, rest = get_command(app), list(words[1:])
    while rest and rest[0] in (known := getattr(command, "commands", {})):
        command = known[rest.pop(0)]
    assert getattr(command, "invoke_without_command", True), f"{words} names no command"
    return command, rest


def options(words: Sequence[str]) -> set[str]:
    """Return the options among some words, without their values."""
    return {word.partition("=")[0] for word in words if word.startswith("--")}


def _zettai(words: list[str]) -> None:
    """Parse the command without running it."""
    command, rest = find([A_TIME if word == "COMPUTED" else word for word in words])
    if words[1] == "simulate":
        settings_from(rest)
    else:
        command.make_context(words[1], rest)


def _celery(words: list[str]) -> None:
    """Check the options, and that the queues are the lanes in order."""
    assert words[:3] == ["celery", "-A", "zettai_worker"]
    assert options(words) <= set(celery()["commands"][words[3]])
    if "-Q" in words:
        assert words[words.index("-Q") + 1] == ",".join(Lane)


def _make(words: list[str]) -> None:
    """Check that the targets have a help text."""
    assert set(words[1:]) <= set(re.findall(r"^([a-z]+):.*## ", read("Makefile"), flags=re.MULTILINE))


def _export(words: list[str]) -> None:
    assert {word.partition("=")[0] for word in words[1:]} <= VARIABLES


def _django(words: list[str]) -> None:
    """Parse the command with Django's parser."""
    from django.core.management import load_command_class  # noqa: PLC0415 - only where a page asks for it

    app = "zettai.contrib.django.outbox" if words[2] == "zettai_outbox" else "zettai.contrib.django"
    command = load_command_class(app, words[2])
    command.create_parser("manage.py", words[2]).parse_args(words[3:])


def _schemathesis(words: list[str]) -> None:
    """Check the options and the configuration file."""
    from schemathesis.cli import schemathesis  # noqa: PLC0415 - it loads much

    known = [*schemathesis.params, *schemathesis.commands["run"].params]
    assert options(words) <= {option for parameter in known for option in parameter.opts}
    assert (ROOT / words[words.index("--config-file") + 1]).is_file()


def _module(words: list[str]) -> None:
    """Check that the tests or the benchmarks exist."""
    assert words[1] == "-m"
    if words[2] == "pytest":
        assert all((ROOT / path).exists() for path in words[3:])
    elif words[2] == "zettai_benchmarks":
        assert {word for word in words[3:] if not word.startswith("--")} <= SCENARIOS.keys()
    else:
        assert words[2] in {"zettai_benchmarks.report", "zettai_benchmarks.profile"}


def _compose(words: list[str]) -> None:
    compose = yaml.safe_load(read("docker-compose.yml"))
    assert {"build", "run", "up"} & set(words)
    if "--env-file" in words:
        assert (ROOT / words[words.index("--env-file") + 1]).is_file()
    if "--profile" in words:
        profile = words[words.index("--profile") + 1]
        assert any(profile in service.get("profiles", []) for service in compose["services"].values())
    if "run" in words:
        service, *inside = [word for word in words[words.index("run") + 1 :] if word not in {"--rm", "--no-deps", "-T"}]
        assert service in compose["services"]
        _zettai(inside)


def _paths(words: list[str]) -> None:
    """Check that the named files exist, except secrets, which the page makes."""
    named = [word.rpartition("=")[2] for word in words if "deploy/" in word]
    for path in named:
        secret = path.removeprefix(SECRETS)
        assert secret in {"*", *secrets()} if path.startswith(SECRETS) else list(ROOT.glob(path)), path


def _unit(words: list[str]) -> None:
    assert words[1] in {"daemon-reload", "enable"}
    for unit in words[3:]:
        assert (ROOT / "deploy" / "systemd" / f"{unit}.service").is_file()


def _pip(words: list[str]) -> None:
    """Check that the named folders and extras exist."""
    extras = tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]
    for word in words[2:]:
        folder, _, named = word.partition("[")
        assert not named or set(named.removesuffix("]").split(",")) <= extras.keys()
        assert not folder.startswith(".") or (ROOT / folder / "pyproject.toml").is_file()


def _url(words: list[str]) -> None:
    path = re.sub(r"^http://127\.0\.0\.1:\d+", "", words[-1])
    assert path in {*build_document()["paths"], "/readyz", "/sign-ups", "/codes"}


CHECKS: dict[tuple[str, ...], Callable[[list[str]], None]] = {
    ("zettai",): _zettai,
    ("celery",): _celery,
    ("make",): _make,
    ("export",): _export,
    ("pip", "install"): _pip,
    ("python", "manage.py", "zettai_outbox"): _django,
    ("python", "manage.py", "zettai_send"): _django,
    ("python", "manage.py", "zettai_status"): _django,
    (".venv/bin/python",): _module,
    (".venv/bin/schemathesis",): _schemathesis,
    ("curl",): _url,
    ("docker", "compose"): _compose,
    ("kubectl",): _paths,
    ("systemctl",): _unit,
    ("/opt/zettai/bin/pip",): _paths,
    ("install",): _paths,
    ("cp",): _paths,
}
"""The checks, by the first words of a command."""

UNREAD = {
    ("valkey-server",): "the embedded server of the tests speaks no TLS, and gets its configuration in other ways",
    ("python3", "-m", "venv"): "it makes a folder in /opt, where there is nothing to look at",
}
"""Commands for other machines, which cannot be checked here."""


def check_of(words: list[str]) -> Callable[[list[str]], None] | None:
    """Return the check for a command."""
    return next((check for known, check in CHECKS.items() if words[: len(known)] == [*known]), None)


def is_unread(words: list[str]) -> bool:
    """Return whether no check exists for a command."""
    return any(words[: len(known)] == [*known] for known in UNREAD)
