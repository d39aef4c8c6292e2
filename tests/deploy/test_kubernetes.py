"""The Kubernetes manifests, rendered by kubectl: their schemas, and what they promise."""

from typing import Any

import kubernetes_validate
import pytest
from tests.deploy.files import in_containers, in_pods, manifests, of_kind
from tests.docs.pages import read

from zettai_worker.supervisor import plan

VERSIONS = ("1.31", "1.37")
"""The oldest version that we look at, and the newest whose schemas there are."""

DEPLOYMENTS = ("beat", "exporter", "flower", "gateway", "webhooks", "worker")


def _pod(name: str) -> dict[str, Any]:
    pod: dict[str, Any] = of_kind("Deployment")[name]["spec"]["template"]["spec"]
    return pod


def test_each_manifest_is_valid_by_its_schema() -> None:
    assert len(manifests()) > len(DEPLOYMENTS)
    for one in manifests():
        for version in VERSIONS:
            kubernetes_validate.validate(one, version, strict=True)


def test_all_deployments_are_tested() -> None:
    assert tuple(sorted(of_kind("Deployment"))) == DEPLOYMENTS


def test_there_are_two_workers_so_that_one_may_fail() -> None:
    assert of_kind("Deployment")["worker"]["spec"]["replicas"] == 2


def test_the_deployments_run_the_worker_plan_of_one_core() -> None:
    """More replicas replace the processes of other cores."""
    planned = {tuple(spec.command[spec.command.index("-m") + 1 :]) for spec in plan(1)}
    assert {one.words for one in in_pods() if {"worker", "beat"} & set(one.words[4:5])} == planned


def test_all_deployments_run_the_commands_of_the_compose_file() -> None:
    assert {one.name: one.words for one in in_pods()} == {one.name: one.words for one in in_containers()}


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_each_pod_meets_the_restricted_pod_security_standard(name: str) -> None:
    pod = _pod(name)
    [main] = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert main["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert main["resources"]["requests"].keys() == {"cpu", "memory"}
    assert main["resources"]["limits"].keys() == {"memory"}
    assert ("livenessProbe" in main) is (name != "beat")
    # A service's name would become a variable such as FLOWER_PORT, which Flower reads as a setting.
    assert pod["enableServiceLinks"] is False


def test_each_pod_mounts_only_the_secrets_that_it_needs() -> None:
    for one in in_pods():
        volumes = {volume["name"]: volume for volume in _pod(one.name)["volumes"]}
        mounted = {f"/run/secrets/zettai/{item['path']}" for item in volumes["secrets"]["secret"]["items"]}
        told = " ".join([*one.command, *one.environment.values()])
        assert {path for path in mounted if path in told} == mounted
        assert told.count("/run/secrets/") == len(mounted)
        assert ("/run/secrets/zettai/provider_token" in mounted) is (one.name == "worker")


def test_only_workers_may_call_the_provider() -> None:
    """All other pods reach Redis and DNS only."""
    policies = of_kind("NetworkPolicy")
    labelled = {
        name
        for name, one in of_kind("Deployment").items()
        if "zettai/calls-provider" in one["spec"]["template"]["metadata"]["labels"]
    }
    assert labelled == {"worker"}
    closed = policies["only-redis"]["spec"]
    assert closed["policyTypes"] == ["Ingress", "Egress"]
    assert [port["port"] for rule in closed["egress"] for port in rule["ports"]] == [53, 53, 6379]
    for name in DEPLOYMENTS:
        labels = of_kind("Deployment")[name]["spec"]["template"]["metadata"]["labels"]
        assert closed["podSelector"]["matchLabels"].items() <= labels.items()
    assert policies["workers-call-provider"]["spec"]["podSelector"]["matchLabels"] == {"zettai/calls-provider": "yes"}
    assert [port["port"] for port in policies["workers-call-provider"]["spec"]["egress"][0]["ports"]] == [443]


def test_each_selector_matches_one_deployment() -> None:
    pods = [one["spec"]["template"]["metadata"]["labels"] for one in of_kind("Deployment").values()]
    selectors = [one["spec"]["selector"]["matchLabels"] for one in of_kind("PodDisruptionBudget").values()]
    selectors += [one["spec"]["selector"] for one in of_kind("Service").values()]
    selectors += [one["spec"]["selector"]["matchLabels"] for one in of_kind("Deployment").values()]
    for selector in selectors:
        assert sum(selector.items() <= labels.items() for labels in pods) == 1, selector


def test_the_documented_secret_has_each_mounted_key() -> None:
    keys = {
        item["key"]
        for name in DEPLOYMENTS
        for volume in _pod(name)["volumes"]
        for item in volume.get("secret", {}).get("items", [])
    }
    for key in keys:
        assert f"--from-file={key}=" in read("docs/deployment.md") or f"--from-file={key}\n" in read(
            "docs/deployment.md"
        )
