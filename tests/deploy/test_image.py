"""The Dockerfile: what it installs, as which user it runs, and where its metrics are."""

import re
from pathlib import Path

import yaml
from tests.deploy.files import of_kind
from tests.docs.pages import ROOT, read

RECIPE = re.sub(r"\\\n\s*", "", read("deploy/Dockerfile"))

INSTRUCTIONS = [line.split(maxsplit=1) for line in RECIPE.splitlines() if line and not line.startswith("#")]


def _all(name: str) -> list[str]:
    return [rest for word, rest in INSTRUCTIONS if word == name]


def test_nothing_is_installed_without_a_hash() -> None:
    """A package from a registry is a wheel that a lock pins. Our own wheels are built without a registry."""
    commands = [command for run in _all("RUN") for command in run.split(" && ")]
    installing = [command for command in commands if re.search(r"\bpip\b.* (install|wheel) ", command)]
    assert len(installing) == 4
    for command in installing:
        assert "--no-index" in command or ("--require-hashes" in command and "--only-binary :all:" in command)
    assert not [command for command in commands if command.startswith(("apt", "curl", "wget"))]


def test_the_image_runs_as_a_user_that_is_not_root() -> None:
    """By number, which Kubernetes requires."""
    assert _all("USER") == ["10001:10001"]
    for name, deployment in of_kind("Deployment").items():
        assert deployment["spec"]["template"]["spec"]["securityContext"]["runAsUser"] == 10001, name


def test_the_build_context_has_what_the_dockerfile_copies_and_no_more() -> None:
    allowed = {line[1:] for line in read("deploy/Dockerfile.dockerignore").splitlines() if line[0] == "!"} - {"deploy"}
    sources = [word for rest in _all("COPY") if "--from" not in rest for word in rest.split()[:-1]]
    for source in sources:
        path = source.replace("${EXTRA}", "worker")
        assert (ROOT / path).exists()
        assert {path, str(Path(path).parent)} & allowed, path
    assert allowed == {str(Path(source).parent) if "locks" in source else source for source in sources}


def test_prometheus_scrapes_the_metrics_port_of_the_image() -> None:
    [port] = re.findall(r"ZETTAI_METRICS_PORT=(\d+)", RECIPE)
    jobs = {job["job_name"]: job for job in yaml.safe_load(read("deploy/prometheus/prometheus.yml"))["scrape_configs"]}
    assert {str(one["port"]) for one in jobs["zettai-worker"]["dns_sd_configs"]} == {port}
    for name in ("worker", "gateway"):
        template = of_kind("Deployment")[name]["spec"]["template"]
        assert template["metadata"]["annotations"]["prometheus.io/port"] == port
        [main] = template["spec"]["containers"]
        assert {"name": "metrics", "containerPort": int(port)} in [
            {"name": one["name"], "containerPort": one["containerPort"]} for one in main["ports"]
        ]


def test_the_base_of_the_image_and_of_each_other_service_can_be_named_by_its_digest() -> None:
    assert [rest.split()[0] for rest in _all("FROM")] == ["python:${PYTHON}"] * 2
    text = read("docker-compose.yml")
    for image in re.findall(r"image: (.*)", text):
        assert image.startswith(('"${', "zettai-sms"))
    assert text.count('PYTHON: "${BASE_PYTHON:-3.13-slim-bookworm}"') == text.count("build:") == 2
    for variable in re.findall(r"\$\{(\w+_IMAGE|BASE_PYTHON):", text):
        assert f"\n{variable}=" in read("docs/deployment.md")


def test_the_image_is_built_with_an_sbom_and_provenance() -> None:
    [recipe] = re.findall(r"^image:.*\n((?:\t.*\n)+)", read("Makefile"), flags=re.MULTILINE)
    assert {"--sbom=true", "--provenance=mode=max"} <= set(recipe.split())


def test_no_process_imports_modules_from_a_folder_that_it_can_write() -> None:
    assert _all("WORKDIR")[-1] == "/"
    assert "PYTHONSAFEPATH=1" in " ".join(_all("ENV"))
