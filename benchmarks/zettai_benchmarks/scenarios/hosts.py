"""Several hosts, two of them far away and with wrong wall clocks: whether the limit is kept, used and shared."""

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import trustme
from prometheus_client.parser import text_string_to_metric_families

from zettai_benchmarks import network
from zettai_benchmarks.measured_stack import LATENCY, LIMIT, MeasuredStack, sample
from zettai_benchmarks.measurements import PARTS
from zettai_benchmarks.results import Result, Target
from zettai_benchmarks.scale import Scale
from zettai_demo.stack import free_port
from zettai_demo.stack.stack import QUEUES

DELAY_MS = 20
"""Milliseconds that the line of a far host adds to each packet that it sends."""

SPREAD = "0.02"
"""`ZETTAI_RATE_SPREAD` for such a line."""

OFFSETS = {1: 30, 2: -30}
"""Seconds by which the wall clocks of the far hosts are off."""

NEAR = 6
COUNTED = "zettai_provider_call_seconds_count"


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker process, and the URL of its metrics."""

    name: str
    process: subprocess.Popen[bytes]
    metrics_url: str

    def calls(self) -> float:
        """Return the number of calls that it has made; 0 until it answers."""
        try:
            with urlopen(self.metrics_url, timeout=10) as response:
                page = response.read().decode()
        except (URLError, OSError):
            return 0.0
        samples = (sample for family in text_string_to_metric_families(page) for sample in family.samples)
        return sum(sample.value for sample in samples if sample.name == COUNTED)

    def answers(self) -> bool:
        """Return whether it answers."""
        try:
            with urlopen(self.metrics_url, timeout=10):
                return True
        except (URLError, OSError):
            return False


def run(scale: Scale) -> Result:
    """Run six workers here and two far away."""
    seconds = scale.of(30.0, 4.0)
    settings = {
        "seconds": seconds,
        "workers": NEAR + len(OFFSETS),
        "far": len(OFFSETS),
        "delay_ms": DELAY_MS,
        "clocks": list(OFFSETS.values()),
        "rate_spread": SPREAD,
        "limit": LIMIT,
        "latency": LATENCY,
    }
    if (reason := network.missing()) is not None:
        return Result("hosts", settings, (), {}, {"ours": reason}, quick=scale.quick)
    with network.far_hosts(len(OFFSETS), DELAY_MS) as far, _reachable_stack() as stack:
        stack.enqueue(round((seconds + 15) * LIMIT))
        workers = _start_workers(stack, far)
        stack.wait_for(lambda: all(worker.answers() for worker in workers))
        time.sleep(2)
        before = {worker.name: worker.calls() for worker in workers}
        pids = [worker.process.pid for worker in workers]
        parts = dict(zip(PARTS, (pids, [stack.redis_pid], [stack.simulator.pid]), strict=True))
        samples = list(sample(parts, seconds))
        made = {worker.name: worker.calls() - before[worker.name] for worker in workers}
        ours = stack.measure(LIMIT, samples)
    measurements = ours["measurements"]
    fair = sum(made.values()) / len(made)
    measurements["least_of_fair_share"] = min(made.values()) / fair
    ours["calls"] = made
    return Result(
        name="hosts",
        settings=settings,
        targets=(
            Target("share of the limit used", 0.98, measurements["share_of_limit"], at_most=False, unit="share"),
            Target("calls in the worst sliding second", LIMIT, measurements["worst_second"], at_most=True),
            Target(
                "the least that a process got of its fair share",
                0.8,
                measurements["least_of_fair_share"],
                at_most=False,
                unit="share",
            ),
        ),
        runs={"ours": ours},
        quick=scale.quick,
    )


@contextmanager
def _reachable_stack() -> Iterator[MeasuredStack]:
    """Start servers that far hosts can reach; the token is sent there by TLS only."""
    authority = trustme.CA()
    certificate = authority.issue_cert(network.ADDRESS)
    with (
        authority.cert_pem.tempfile() as ca_file,
        certificate.private_key_pem.tempfile() as key,
        certificate.cert_chain_pems[0].tempfile() as chain,
        MeasuredStack(
            simulator={"host": network.ADDRESS, "certificate": Path(chain), "key": Path(key)},
            CA_FILE=ca_file,
            RATE_SPREAD=SPREAD,
        ) as stack,
    ):
        stack.redis.config_set("protected-mode", "no")
        stack.redis.config_set("bind", f"127.0.0.1 {network.ADDRESS}")
        yield stack


def _start_workers(stack: MeasuredStack, far: Sequence[network.FarHost]) -> list[Worker]:
    """Start beat and all workers; the stack stops them."""
    _start(stack, None, 0, {}, "beat")
    near = [_start_worker(stack, f"near-{number + 1}", None, 0) for number in range(NEAR)]
    numbered = enumerate(far, start=1)
    return [*near, *(_start_worker(stack, f"far-{number}", host, OFFSETS[number]) for number, host in numbered)]


def _start_worker(stack: MeasuredStack, name: str, host: network.FarHost | None, offset: int) -> Worker:
    port = free_port()
    words = ("worker", "-Q", QUEUES, "-n", f"{name}@bench", "--without-gossip", "--without-mingle")
    metrics = {"METRICS_HOST": "0.0.0.0", "METRICS_PORT": str(port)}  # noqa: S104 - asked for from another namespace
    process = _start(stack, host, offset, metrics, *words)
    return Worker(name, process, f"http://{host.address if host else '127.0.0.1'}:{port}/metrics")


def _start(
    stack: MeasuredStack, host: network.FarHost | None, offset: int, settings: Mapping[str, str], *words: str
) -> subprocess.Popen[bytes]:
    environment = {
        **stack.environment,
        "ZETTAI_REDIS_URL": stack.redis_url.replace("127.0.0.1", network.ADDRESS),
        **{f"ZETTAI_{name}": value for name, value in settings.items()},
    }
    run_by = tuple(host.command()) if host else ()
    return stack.start_celery(*words, clock_offset=offset, run_by=run_by, environment=environment)
