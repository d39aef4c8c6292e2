"""The common parts of the peers: the work, the parameters of a run, and the measurements."""

import json

import pytest

from zettai_benchmarks.measurements import measurements
from zettai_benchmarks.peers.catalog import HERE, KINDS, Kind
from zettai_benchmarks.peers.job import RefusedError, Setup, TransientError, check, in_chunks, orders
from zettai_simulator.clock import SECOND

SETUP = Setup("redis://127.0.0.1:1/0", "http://127.0.0.1:2", limit=600, processes=2, concurrency=64)


def test_setup_is_read_from_the_environment() -> None:
    assert Setup.from_environment(SETUP.to_environment()) == SETUP


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [(429, None, TransientError), (503, None, TransientError), (200, 500, TransientError), (200, 110, RefusedError)],
)
def test_error_answer_is_transient_or_refused(status: int, code: int | None, error: type[Exception]) -> None:
    with pytest.raises(error):
        check(status, None if code is None else {"responseCode": code})


def test_code_0_is_no_error() -> None:
    check(200, {"responseCode": 0})


def test_client_tags_are_unique() -> None:
    made = [order for lane in ("urgent", "bulk") for run in ("1", "2") for order in orders(5, lane, run)]

    assert len({order.client_tag for order in made}) == len(made)
    assert [len(chunk) for chunk in in_chunks(made, 8)] == [8, 8, 4]


@pytest.mark.parametrize("kind", KINDS.values())
@pytest.mark.parametrize(("limit", "latency"), [(600, 0.05), (600, 0.6), (600, 3.0)])
def test_concurrency_is_enough_for_the_limit(kind: Kind, limit: int, latency: float) -> None:
    assert kind.processes * kind.concurrency_at(limit, latency) > limit * latency


def test_concurrency_without_a_limit_is_the_default() -> None:
    assert all(kind.concurrency_at(0, 3.0) == kind.concurrency for kind in KINDS.values())


def test_measurements_of_an_even_run() -> None:
    instants = [number * SECOND // 600 for number in range(6_000)]
    samples = [{"at": at * SECOND, "workers": 0.6 * at, "redis": 0.06 * at, "simulator": 0.3 * at} for at in range(10)]

    assert measurements(600, instants, instants, samples) == pytest.approx(
        {
            "per_second": 600,
            "share_of_limit": 1,
            "worst_second": 600,
            "workers_cpu_ms": 1,
            "redis_cpu_ms": 0.1,
            "simulator_cpu_ms": 0.5,
        }
    )


@pytest.mark.parametrize("name", ["requirements.lock", "bullmq/package-lock.json"])
def test_lock_file_has_hashes_and_no_registry(name: str) -> None:
    lock = (HERE / name).read_text()
    assert "sha256:" in lock or "sha512-" in lock
    assert "resolved" not in lock
    assert "://" not in lock or name.endswith(".json")  # npm notes where its authors ask for money


def test_bullmq_lock_has_the_versions_of_package_json() -> None:
    locked = json.loads((HERE / "bullmq/package-lock.json").read_text())["packages"]
    wanted = json.loads((HERE / "bullmq/package.json").read_text())["dependencies"]

    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert {kind.enqueue[0] for kind in KINDS.values()} >= {"node"}
