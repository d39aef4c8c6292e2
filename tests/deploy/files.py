"""The files of the deployment as the tests read them: containers, manifests and units, each as processes."""

import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from configparser import RawConfigParser
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from tests.docs.pages import ROOT
from tests.support.programs import program

DEPLOY = ROOT / "deploy"
UNITS = DEPLOY / "systemd"
SECRETS = ("/run/secrets/zettai", "/run/secrets", "%d")
"""Where secrets are: in Kubernetes, in Compose, and with systemd."""

GIVEN = {"ZETTAI_CLIENT_ID": "1234", "ZETTAI_SMS_CODE": "12345"}
"""What an operator must set."""


@dataclass(frozen=True)
class Process:
    """One process of ours, as one of the files describes it.

    Attributes:
        name: of the service, the deployment or the unit.
        command: with its words.
        environment: that the file gives it.
        grace: seconds from the wish to end to the kill.
        secrets: the name of the file of each secret, by the name under which the process sees it.
        health: the port and the path that are asked whether it lives, as the port stands in the file.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    grace: float
    secrets: Mapping[str, str]
    health: tuple[str, str] | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """Return the command without the paths of programs and secrets, and without the address."""
        words = [_anywhere(word) for word in self.command if not word.startswith("--address=")]
        return (Path(words[0]).name, *words[1:])


def moved(text: str, places: Mapping[str, Path]) -> str:
    """Return a command with other paths in place of a container's."""
    pattern = "|".join(re.escape(place) for place in sorted(places, key=len, reverse=True))
    return re.sub(rf"(?<![\w./])({pattern})(?=/|\s|;|$)", lambda found: str(places[found[1]]), text)


def _anywhere(word: str) -> str:
    for folder in SECRETS:
        word = word.replace(f"{folder}/", "SECRETS/")
    return word


@cache
def compose() -> dict[str, Any]:
    """Return the compose file, with the defaults of its variables filled in."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    filled = re.sub(r"(?<!\$)\$\{(\w+)(?::?[-?]([^}]*))?\}", lambda found: GIVEN.get(found[1], found[2] or ""), text)
    loaded: dict[str, Any] = yaml.safe_load(filled.replace("$$", "$"))
    return loaded


def services(*, ours: bool = True) -> dict[str, dict[str, Any]]:
    """Return the services of the compose file: those that run our image, or all."""
    return {name: one for name, one in compose()["services"].items() if not ours or one["image"] == "zettai-sms"}


@cache
def manifests() -> list[dict[str, Any]]:
    """Return the production overlay, as kubectl renders it."""
    command = [program("kubectl", "kubernetes-client"), "kustomize", str(DEPLOY / "kubernetes" / "production")]
    rendered = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [one for one in yaml.safe_load_all(rendered) if one]


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    """Return the manifests of a kind, by name."""
    return {one["metadata"]["name"]: one for one in manifests() if one["kind"] == kind}


def in_containers() -> Iterator[Process]:
    """Yield the processes of the compose file."""
    for name, service in services().items():
        test = service.get("healthcheck", {}).get("test") or ["CMD", "python", "healthy.py", "9421", "/metrics"]
        health = None if service.get("healthcheck", {}).get("disable") else (test[-2], test[-1])
        environment = {key: value for key, value in service["environment"].items() if value is not None}
        grace = _seconds(service["stop_grace_period"])
        yield Process(name, tuple(service["command"]), environment, grace, secrets_of(service), health)


def secrets_of(service: Mapping[str, Any]) -> dict[str, str]:
    """Return the sources of a service's secrets, by the names of their files in the container."""
    mounted = [one if isinstance(one, dict) else {"source": one, "target": one} for one in service.get("secrets", [])]
    return {one["target"]: one["source"] for one in mounted}


def in_pods() -> Iterator[Process]:
    """Yield the processes of the Kubernetes manifests."""
    [shared] = of_kind("ConfigMap").values()
    for name, deployment in of_kind("Deployment").items():
        pod = deployment["spec"]["template"]["spec"]
        [main] = pod["containers"]
        ports = {port["name"]: str(port["containerPort"]) for port in main.get("ports", [])}
        probe = main.get("livenessProbe", {}).get("httpGet")
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        yield Process(
            name,
            tuple(main["command"]),
            {**shared["data"], **{one["name"]: one["value"] for one in main.get("env", []) if "value" in one}},
            pod["terminationGracePeriodSeconds"],
            {item["path"]: item["key"] for item in volumes["secrets"]["secret"]["items"]},
            (ports[probe["port"]], probe["path"]) if probe else None,
        )


def in_units() -> Iterator[Process]:
    """Yield the processes of the systemd units."""
    shared = (UNITS / "zettai-.service.d" / "common.conf").read_text(encoding="utf-8")
    common = unit(UNITS / "zettai-.service.d" / "common.conf")["Service"]
    for path in sorted(UNITS.glob("*.service")):
        service = unit(path)["Service"]
        environment = dict(
            word.split("=", 1) for one in (common, service) for word in shlex.split(one.get("Environment", ""))
        )
        command = tuple(shlex.split(service["ExecStart"]))
        text = shared + path.read_text(encoding="utf-8")
        secrets = dict(re.findall(r"^LoadCredential=(\w+):/etc/zettai/(\w+)$", text, flags=re.MULTILINE))
        grace = float(service["TimeoutStopSec"])
        yield Process(path.stem.removeprefix("zettai-"), command, environment, grace, secrets)


def unit(path: Path) -> RawConfigParser:
    """Return a unit file. Of a repeated setting the last one counts."""
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path, encoding="utf-8")
    return parser


def _seconds(text: str) -> float:
    return float(text.removesuffix("s"))
