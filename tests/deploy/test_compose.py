"""The compose file: its schema, and what it promises."""

import json
import re
from importlib.resources import files

import pytest
import yaml
from jsonschema.validators import validator_for
from tests.deploy.files import DEPLOY, compose, in_containers, secrets_of, services
from tests.docs.pages import PAGES, ROOT, read

from zettai_worker.supervisor import plan

ALL = services(ours=False)


def test_the_file_is_valid_by_the_compose_specification() -> None:
    vendored = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    schema = json.loads(vendored.read_text(encoding="utf-8"))
    errors = validator_for(schema)(schema).iter_errors(compose())
    assert [f"{list(error.path)}: {error.message}" for error in errors] == []


def test_the_services_run_the_worker_plan_of_one_core() -> None:
    planned = {("python", *spec.command[1:]) for spec in plan(1)}
    assert {one.words for one in in_containers() if {"worker", "beat"} & set(one.words[4:5])} == planned


@pytest.mark.parametrize("name", ALL)
def test_each_container_is_read_only_without_capabilities_and_with_limits(name: str) -> None:
    service = ALL[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"memory", "pids"} <= set(service["deploy"]["resources"]["limits"])
    assert {"max-size", "max-file"} <= set(service["logging"]["options"])
    assert service["restart"] == "unless-stopped"
    assert not service.get("privileged")
    assert service["image"].startswith("zettai-sms") or ":" in service["image"]


@pytest.mark.parametrize("name", sorted(set(ALL) - {"beat"}))
def test_each_container_has_a_health_check(name: str) -> None:
    """Its own or that of the image. Beat serves no port."""
    assert "test" in ALL[name].get("healthcheck", {}) or name == "worker"
    assert "HEALTHCHECK" in read("deploy/Dockerfile")


def test_ports_are_open_to_this_host_only() -> None:
    for name, service in ALL.items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
    assert compose()["networks"]["inside"]["internal"] is True
    assert ALL["redis"]["networks"] == ["inside"]
    assert "ports" not in ALL["redis"]


def test_each_service_gets_only_the_secrets_that_it_needs_as_files() -> None:
    users = {secret: {name for name, one in ALL.items() if secret in secrets_of(one).values()} for secret in _secrets()}

    assert users["provider_token"] == {"worker"}
    assert users["redis_admin"] == users["redis_web"] == {"redis"}
    assert users["redis_worker"] == {"redis", "worker"}
    assert users["encryption_keys"] == {"worker", "gateway", "webhooks"}
    assert users["accounts"] == set(services())
    assert all(users.values())
    for name in services():
        mounted = {f"/run/secrets/{secret}" for secret in secrets_of(ALL[name])}
        told = f"{ALL[name]['command']} {ALL[name]['environment']}"
        assert set(re.findall(r"/run/secrets/\w+", told)) == mounted, name


def test_redis_gets_the_password_of_each_user() -> None:
    named = set(re.findall(r"HASH-OF-(\w+)", read("deploy/redis/users.acl")))
    assert set(secrets_of(ALL["redis"])) == named


def _secrets() -> list[str]:
    return list(compose()["secrets"])


def test_git_and_the_image_ignore_the_folder_of_secrets() -> None:
    assert all(one["file"].startswith("deploy/secrets/") for one in compose()["secrets"].values())
    assert "/deploy/secrets/" in read(".gitignore").splitlines()
    ignored = read("deploy/Dockerfile.dockerignore").splitlines()
    assert ignored[0] == "*"
    assert [line for line in ignored if line.startswith("!deploy")] == [
        "!deploy",
        "!deploy/locks",
        "!deploy/healthy.py",
    ]


def test_redis_has_the_options_of_the_operations_page() -> None:
    server = ALL["redis"]["command"][-1]

    for setting, value in (("appendonly", "yes"), ("appendfsync", "everysec"), ("maxmemory-policy", "noeviction")):
        assert f"--{setting} {value}" in server
        assert f"| `{setting}` | `{value}` |" in read("docs/operations.md")


def test_flower_needs_a_login_and_is_read_only() -> None:
    """The login must not have Flower's own file name: a missing file of that name starts Flower without a login."""
    command = ALL["flower"]["command"]
    [conf] = [word.partition("=")[2] for word in command if word.startswith("--conf=")]
    assert not conf.endswith("flowerconfig.py")
    assert "--read_only=true" in command


def test_prometheus_scrapes_services_that_exist() -> None:
    named = set(_hosts(read("deploy/prometheus/prometheus.yml")))
    assert {"worker", "gateway", "exporter"} <= named <= set(ALL)
    for service in ALL.values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in compose()["volumes"]
    assert (DEPLOY / "grafana").is_dir()


def _hosts(text: str) -> list[str]:
    found = []
    for job in yaml.safe_load(text)["scrape_configs"]:
        found += [target.partition(":")[0] for one in job.get("static_configs", []) for target in one["targets"]]
        found += [name for one in job.get("dns_sd_configs", []) for name in one["names"]]
    return found


def test_the_simulator_profile_needs_files_of_the_repository_only() -> None:
    environment = read("deploy/simulator/env")
    assert ALL["simulator"]["profiles"] == ["simulator"]
    assert [name for name, one in ALL.items() if "profiles" in one] == ["simulator"]
    assert "ZETTAI_API_URL=https://simulator:8400\n" in environment
    assert "ZETTAI_CA_FILE=/tls/ca.pem\n" in environment
    assert {path.name for path in (DEPLOY / "simulator" / "secrets").iterdir()} == set(_secrets())
    assert ALL["worker"]["depends_on"]["simulator"] == {"condition": "service_healthy", "required": False}


def test_the_docs_name_services_that_exist() -> None:
    named = {
        service
        for page in PAGES
        for service in re.findall(r"docker compose (?:exec|run [-\w ]*-T) (\w+)", page.read_text(encoding="utf-8"))
    }
    assert {"worker", "gateway"} <= named <= set(ALL)
