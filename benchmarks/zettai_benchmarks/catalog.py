"""The scenarios by name, in the order in which they run."""

from collections.abc import Callable, Mapping

from zettai_benchmarks.results import Result
from zettai_benchmarks.scale import Scale
from zettai_benchmarks.scenarios import (
    backlog,
    bulk,
    ceilings,
    controls,
    hosts,
    memory,
    outstanding,
    producing,
    single,
    unlimited,
    urgent,
)

Scenario = Callable[[Scale], Result]

SCENARIOS: Mapping[str, Scenario] = {
    "bulk": bulk.run,
    "single": single.run,
    "unlimited": unlimited.run,
    "urgent": urgent.run,
    "producing": producing.run,
    "backlog": backlog.run,
    "memory": memory.run,
    "outstanding": outstanding.run,
    "hosts": hosts.run,
    "ceilings": ceilings.run,
    "controls": controls.run,
}
