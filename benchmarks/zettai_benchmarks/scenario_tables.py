"""The table of each scenario. Multiples come first, because they depend less on the machine."""

from collections.abc import Callable, Mapping
from typing import Any

from zettai_benchmarks.labels import name_of
from zettai_benchmarks.markdown import NONE, markdown, milliseconds, multiple, number, share
from zettai_benchmarks.results import Result


def _measurements(run: Mapping[str, Any]) -> Mapping[str, Any]:
    measurements: Mapping[str, Any] = run["measurements"]
    return measurements


def _bulk(result: Result) -> str:
    ours = _measurements(result.runs["ours"])
    header = ("who", "CPU, × ours", "share, × ours", "worst second", "worker CPU, ms", "Redis CPU, ms", "share")
    rows = [
        (
            name_of(name),
            multiple(measurements["workers_cpu_ms"], ours["workers_cpu_ms"]),
            multiple(measurements["share_of_limit"], ours["share_of_limit"]),
            number(measurements["worst_second"]),
            number(measurements["workers_cpu_ms"]),
            number(measurements["redis_cpu_ms"]),
            share(measurements["share_of_limit"]),
        )
        for name, run in result.runs.items()
        for measurements in [_measurements(run)]
    ]
    return markdown(header, rows)


def _latencies(result: Result) -> str:
    names = list(result.settings["latencies"])
    rows = [
        (name_of(who), *(_share_and_worst(runs[name]) if name in runs else NONE for name in names))
        for who, runs in result.runs.items()
    ]
    ours = {name: _measurements(run) for name, run in result.runs["ours"].items()}
    rows += [
        (
            f"{name_of('ours')}: {words}",
            *(number(ours[name][measurement]) if name in ours else NONE for name in names),
        )
        for measurement, words in (
            ("claimed_beyond_flight", "claimed and not in flight, the most"),
            ("workers_memory_mb", "memory of all worker processes, MB"),
            ("workers_cpu_ms", "worker CPU for each message, ms"),
        )
    ]
    return markdown(("share of the limit, and worst second", *names), rows)


def _share_and_worst(run: Mapping[str, Any]) -> str:
    measurements = _measurements(run)
    return f"{share(measurements['share_of_limit'])}, {number(measurements['worst_second'])}"


def _changing(result: Result) -> str:
    rows = [(f"{phase['latency']:g} s", share(phase["share_of_limit"])) for phase in result.runs["ours"]["phases"]]
    whole = _measurements(result.runs["ours"])["share_of_limit"]
    return markdown(("answers after", "share of the limit"), [*rows, ("the whole run", share(whole))])


def _killed(result: Result) -> str:
    unknown = _measurements(result.runs["ours"])["unknown"]
    return markdown(
        ("SIGKILL", "messages with unknown outcome"),
        [(str(place), number(count)) for place, count in enumerate(unknown, start=1)],
    )


def _single(result: Result) -> str:
    measurements = _measurements(result.runs["ours"])
    rows = [
        ("worker CPU for each message, ms", number(measurements["workers_cpu_ms"])),
        ("Redis CPU for each message, ms", number(measurements["redis_cpu_ms"])),
        ("`send()`, no worker running: p50, p99", _spread(measurements["quiet"])),
        ("`send()`, with workers on the same cores: p50, p99", _spread(measurements["busy"])),
        ("messages a second that the producer came to", number(measurements["offered"])),
    ]
    return markdown(("what", "measured"), rows)


def _spread(found: Mapping[str, float]) -> str:
    return f"{found['p50'] * 1000:.2f} ms, {found['p99'] * 1000:.2f} ms"


def _unlimited(result: Result) -> str:
    ours = _measurements(result.runs["ours"])
    rows = [
        (
            name_of(name),
            multiple(measurements["per_second"], ours["per_second"]),
            number(measurements["per_second"]),
            number(measurements["workers_cpu_ms"]),
            number(measurements["redis_cpu_ms"]),
        )
        for name, run in result.runs.items()
        for measurements in [_measurements(run)]
    ]
    return markdown(("who", "× ours", "messages a second", "worker CPU, ms", "Redis CPU, ms"), rows)


def _urgent(result: Result) -> str:
    ours = _measurements(result.runs["ours"])
    rows = [
        (
            name_of(name),
            multiple(measurements["p50"], ours["p50"]),
            multiple(measurements["p99"], ours["p99"]),
            milliseconds(measurements["p50"]),
            milliseconds(measurements["p99"]),
            f"{measurements['missing']} of {measurements['count']}",
        )
        for name, run in result.runs.items()
        for measurements in [_measurements(run)]
    ]
    return markdown(("who", "p50, × ours", "p99, × ours", "p50", "p99", "not arrived"), rows)


def _producing(result: Result) -> str:
    ours = _measurements(result.runs["ours"])["enqueued_per_second"]
    rows = [
        (name_of(name), multiple(rate, ours), number(rate))
        for name, run in result.runs.items()
        for rate in [_measurements(run)["enqueued_per_second"]]
    ]
    return markdown(("who", "× ours", "messages a second"), rows)


def _backlog(result: Result) -> str:
    rows = [
        (
            f"{result.settings[name]:,}",
            multiple(_cost(measurements), _cost(_measurements(result.runs["few"]))),
            number(measurements["workers_cpu_ms"]),
            number(measurements["redis_cpu_ms"]),
            share(measurements["share_of_limit"]),
            number(measurements["memory_per_waiting"]),
        )
        for name, run in result.runs.items()
        for measurements in [_measurements(run)]
    ]
    header = ("waiting", "CPU, × the least", "worker CPU, ms", "Redis CPU, ms", "share", "Redis memory each, bytes")
    return markdown(header, rows)


def _encryption(result: Result) -> str:
    names = {
        "record_us": "processor time to record one, µs",
        "claim_us": "processor time to claim one, µs",
        "bytes": "Redis memory of one that waits, bytes",
    }
    rows = [
        (words, *(number(_measurements(run)[name]) for run in result.runs.values())) for name, words in names.items()
    ]
    return markdown(("a message", *result.runs), rows)


def _cost(measurements: Mapping[str, float]) -> float:
    return measurements["workers_cpu_ms"] + measurements["redis_cpu_ms"]


def _listed(names: Mapping[str, str], show: Callable[[float | None], str] = number) -> Callable[[Result], str]:
    """Return a function that makes a table of some of our measurements."""

    def table(result: Result) -> str:
        if "ours" not in result.runs:
            return ""
        measurements = _measurements(result.runs["ours"])
        return markdown(("what", "measured"), [(words, show(measurements[name])) for name, words in names.items()])

    return table


def _hosts(result: Result) -> str:
    if "ours" not in result.runs:
        return ""
    made: Mapping[str, float] = result.runs["ours"]["calls"]
    fair = sum(made.values()) / len(made)
    rows = [(name, number(count), multiple(count, fair)) for name, count in made.items()]
    return markdown(("process", "calls", "of a fair share"), rows)


def _ceilings(result: Result) -> str:
    names = {
        "calls": "simulator, calls",
        "slots": "limiter, slots",
        "create": "store, recorded by the hundred",
        "claim": "store, claimed by 8",
        "apply_updates": "store, settled by 8",
    }
    rows = [
        (words, *(number(_measurements(run)[name]) for run in result.runs.values())) for name, words in names.items()
    ]
    return markdown(("a second", *(f"asked by {name}" for name in result.runs)), rows)


def _controls(result: Result) -> str:
    rows = [(name, number(_measurements(run)["worst_second"])) for name, run in result.runs.items()]
    return markdown(("limiter", "worst second"), rows)


TABLES: Mapping[str, Callable[[Result], str]] = {
    "bulk": _bulk,
    "latencies": _latencies,
    "changing": _changing,
    "killed": _killed,
    "single": _single,
    "unlimited": _unlimited,
    "urgent": _urgent,
    "fairness": _listed(
        {
            "first": "from `send_many` to the arrival of the first message of the small campaign, s",
            "last": "to that of its last one, s",
        }
    ),
    "producing": _producing,
    "backlog": _backlog,
    "memory": _listed(
        {
            "bytes_per_message": "Redis memory for each message, with its places in the indexes, bytes",
            "record_by_scripts": "the record alone, made by the store's scripts, bytes",
            "record_by_workers": "the record alone, made by workers, bytes",
        }
    ),
    "encryption": _encryption,
    "start": _listed(
        {
            "python": "Python alone, ms",
            "import zettai": "`import zettai`, ms",
            "from zettai import SmsClient": "`from zettai import SmsClient`, ms",
            "SmsClient.from_env()": "the same, and `SmsClient.from_env()`, ms",
            "zettai --help": "`zettai --help`, ms",
        }
    ),
    "outstanding": _listed(
        {
            "first_check": "from due to the arrival of the first check, s",
            "last_check": "from due to the arrival of the last check, s",
            "checks": "calls that checked",
            "largest_mb": "memory of the largest worker process, MB",
            "grown": "the same, after against before, at most",
        }
    ),
    "campaign": _listed(
        {
            "per_second": "messages a second",
            "checks": "status checks meanwhile",
            "first_cpu_ms": "worker and Redis CPU for each message at the start, ms",
            "last_cpu_ms": "the same at the end, ms",
            "first_memory_mb": "memory of all worker processes at the start, MB",
            "most_memory_mb": "the most later, MB",
        }
    ),
    "hosts": _hosts,
    "ceilings": _ceilings,
    "controls": _controls,
}
"""The function that makes the table of each scenario."""
