"""The Kubernetes manifests, rendered by kubectl: their schemas, and what they promise."""

from collections.abc import Iterator
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
    planned = {("python", *spec.command[1:]) for spec in plan(1)}
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


def test_each_pod_reaches_dns_and_redis_and_only_workers_and_webhooks_the_internet() -> None:
    """By the labels and ports of all policies together. A pod without a policy would reach everything."""
    dns, redis, outside = ("kube-dns", 53), ("redis", 6379), ("0.0.0.0/0", 443)
    for name in DEPLOYMENTS:
        found = {(_name_of(peer), port) for peer, port in _allowed(name, "egress", "to")}
        assert found == {dns, redis, *([outside] if name in {"worker", "webhooks"} else [])}, name


def test_only_senders_reach_the_gateway_and_only_prometheus_the_metrics() -> None:
    for name in DEPLOYMENTS:
        found = {(_name_of(peer), port) for peer, port in _allowed(name, "ingress", "from")}
        metrics = {("monitoring", 9420), ("monitoring", 9421)}
        assert found == metrics | ({("yes", 8430)} if name == "gateway" else set()), name


def test_the_internet_is_no_private_network() -> None:
    """A webhook, or a provider whose name was taken over, must not reach services in the cluster."""
    blocks = [
        peer["ipBlock"]
        for policy in of_kind("NetworkPolicy").values()
        for rule in policy["spec"].get("egress", [])
        for peer in rule["to"]
        if "ipBlock" in peer
    ]
    assert len(blocks) == 2
    for block in blocks:
        assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= set(block["except"])


def _allowed(name: str, direction: str, peers: str) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield each peer and port that the policies of a pod allow. At least one policy must deny all others."""
    labels = of_kind("Deployment")[name]["spec"]["template"]["metadata"]["labels"]
    policies = [one["spec"] for one in of_kind("NetworkPolicy").values()]
    own = [one for one in policies if one["podSelector"]["matchLabels"].items() <= labels.items()]
    assert any(direction.capitalize() in one["policyTypes"] for one in own), name
    for rule in (rule for one in own for rule in one.get(direction, [])):
        yield from ((peer, port["port"]) for peer in rule[peers] for port in rule["ports"])


def _name_of(peer: dict[str, Any]) -> str:
    """Return what a peer is: the value of its last label, or its addresses."""
    if "ipBlock" in peer:
        return str(peer["ipBlock"]["cidr"])
    return str(next(iter((peer.get("podSelector") or peer["namespaceSelector"])["matchLabels"].values())))


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
