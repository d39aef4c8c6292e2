"""Several hosts, two of them far away and with wrong wall clocks: whether the limit is kept, used and shared."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import trustme
from tests.support.metrics import Samples
from tests.support.servers import free_port

from zettai_benchmarks import network
from zettai_benchmarks.figures import PARTS
from zettai_benchmarks.results import Result, Verdict
from zettai_benchmarks.scale import Scale
from zettai_benchmarks.stand import GRACE, LATENCY, LIMIT, Stand, watch
from zettai_demo.stack import launch

DELAY_MS = 20
"""What the line of a far host adds to each packet that it sends."""

SPREAD = "0.02"
"""ZETTAI_RATE_SPREAD for such a line."""

SKEWS = {1: 30, 2: -30}
"""Seconds by which the wall clocks of the far hosts are off."""

NEAR = 6
THREADS = 24
COUNTED = "zettai_provider_call_seconds_count"


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker process, and where it tells its metrics."""

    name: str
    process: subprocess.Popen[bytes]
    metrics_url: str

    def calls(self) -> float:
        """How many it has made; 0 while it does not answer yet."""
        try:
            with urlopen(self.metrics_url, timeout=10) as response:
                return Samples(response.read().decode()).value(COUNTED)
        except (URLError, OSError):
            return 0.0

    def answers(self) -> bool:
        """Whether it is up."""
        try:
            with urlopen(self.metrics_url, timeout=10):
                return True
        except (URLError, OSError):
            return False


def run(scale: Scale) -> Result:
    """Six workers here, and two far away."""
    seconds = scale.of(30.0, 4.0)
    settings = {
        "seconds": seconds,
        "workers": NEAR + len(SKEWS),
        "far": len(SKEWS),
        "delay_ms": DELAY_MS,
        "clocks": list(SKEWS.values()),
        "rate_spread": SPREAD,
        "limit": LIMIT,
        "latency": LATENCY,
    }
    if (reason := network.missing()) is not None:
        return Result("hosts", settings, (), {}, {"ours": reason}, quick=scale.quick)
    with network.far_hosts(len(SKEWS), DELAY_MS) as far, _stand() as stand:
        stand.fill(round((seconds + 15) * LIMIT))
        with _workers(stand, far) as workers:
            stand.wait_for(lambda: all(worker.answers() for worker in workers))
            time.sleep(2)
            before = {worker.name: worker.calls() for worker in workers}
            pids = [worker.process.pid for worker in workers]
            parts = dict(zip(PARTS, (pids, [stand.redis_pid], [stand.simulator.pid]), strict=True))
            samples = list(watch(parts, seconds))
            made = {worker.name: worker.calls() - before[worker.name] for worker in workers}
            ours = stand.run(LIMIT, samples)
    figures = ours["figures"]
    fair = sum(made.values()) / len(made)
    figures["least_of_fair_share"] = min(made.values()) / fair
    ours["calls"] = made
    return Result(
        name="hosts",
        settings=settings,
        verdicts=(
            Verdict("share of the limit used", 0.98, figures["share_of_limit"], most=False, unit="share"),
            Verdict("calls in the worst sliding second", LIMIT, figures["worst_second"], most=True),
            Verdict(
                "the least that a process got of its fair share",
                0.5,
                figures["least_of_fair_share"],
                most=False,
                unit="share",
            ),
        ),
        runs={"ours": ours},
        quick=scale.quick,
    )


@contextmanager
def _stand() -> Iterator[Stand]:
    """Servers that listen where far hosts reach them; our token travels there by TLS only."""
    authority = trustme.CA()
    certificate = authority.issue_cert(network.ADDRESS)
    with (
        authority.cert_pem.tempfile() as ca_file,
        certificate.private_key_pem.tempfile() as key,
        certificate.cert_chain_pems[0].tempfile() as chain,
        Stand(
            simulator={"host": network.ADDRESS, "certificate": Path(chain), "key": Path(key)},
            CA_FILE=ca_file,
            RATE_SPREAD=SPREAD,
        ) as stand,
    ):
        stand.redis.config_set("protected-mode", "no")
        stand.redis.config_set("bind", f"127.0.0.1 {network.ADDRESS}")
        yield stand


@contextmanager
def _workers(stand: Stand, far: Sequence[network.FarHost]) -> Iterator[list[Worker]]:
    """All of them, and a beat."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        started.append(_start(stand, [], 0, {}, "beat"))
        workers = []
        for number in range(NEAR):
            workers.append(_worker(stand, f"near-{number + 1}", None, 0))
            started.append(workers[-1].process)
        for number, host in enumerate(far, start=1):
            workers.append(_worker(stand, f"far-{number}", host, SKEWS[number]))
            started.append(workers[-1].process)
        yield workers
    finally:
        for process in started:
            process.terminate()
        for process in started:
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
            process.kill()
            process.wait()


def _worker(stand: Stand, name: str, host: network.FarHost | None, skew: int) -> Worker:
    port = free_port()
    words = ("worker", "-Q", "urgent,normal,bulk,status", "-c", str(THREADS), "-n", f"{name}@bench")
    prefix = host.command() if host else []
    process = _start(stand, prefix, skew, {"METRICS_PORT": str(port)}, *words, "--without-gossip", "--without-mingle")
    return Worker(name, process, f"http://{host.address if host else '127.0.0.1'}:{port}/metrics")


def _start(
    stand: Stand, prefix: list[str], skew: int, settings: Mapping[str, str], *words: str
) -> subprocess.Popen[bytes]:
    url = stand.redis_url.replace("127.0.0.1", network.ADDRESS).replace("localhost", network.ADDRESS)
    environment = {
        **stand.environment,
        "ZETTAI_REDIS_URL": url,
        **{f"ZETTAI_{name}": value for name, value in settings.items()},
    }
    command = [sys.executable, "-P", launch.__file__, str(os.getpid()), str(skew), "-q", "-A", "zettai_worker", *words]
    with (stand.folder / "worker.log").open("ab") as log:
        return subprocess.Popen([*prefix, *command], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
