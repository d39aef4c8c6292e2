"""A real Prometheus, which asks what we tell it to ask, and is asked in turn."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml
from tests.support.programs import program
from tests.support.servers import free_port
from tests.support.stack import eventually


class Prometheus:
    """A running one."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/api/v1/query?"

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """The samples that an expression comes to; none while Prometheus only starts."""
        try:
            with urlopen(self._url + urlencode({"query": expression}), timeout=60) as response:
                answer = json.load(response)
        except (URLError, OSError):
            return []
        assert answer["status"] == "success", expression
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found


@contextmanager
def prometheus(folder: Path, configuration: Path, targets: Mapping[str, int]) -> Iterator[Prometheus]:
    """Run Prometheus by a configuration of ours, with other targets, and quicker.

    Args:
        folder: for its files.
        configuration: `prometheus.yml`; the files of rules that it names are beside it.
        targets: the port on this machine of each job that is asked.
    """
    settings = yaml.safe_load(configuration.read_text(encoding="utf-8"))
    settings["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    settings["rule_files"] = [str(configuration.parent / name) for name in settings["rule_files"]]
    settings["scrape_configs"] = [job for job in settings["scrape_configs"] if job["job_name"] in targets]
    for job in settings["scrape_configs"]:
        job.pop("dns_sd_configs", None)
        job["static_configs"] = [{"targets": [f"127.0.0.1:{targets[job['job_name']]}"]}]
    (folder / "prometheus.yml").write_text(json.dumps(settings))
    port = free_port()
    command = [
        program("prometheus", "prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    with (folder / "prometheus.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            server = Prometheus(port)
            eventually(lambda: len(server.ask("up == 1")) == len(targets), "Prometheus has asked all")
            yield server
        finally:
            process.terminate()
            process.wait(60)
