"""The scenarios by name, in the order in which they run."""

from collections.abc import Callable, Mapping

from zettai_benchmarks.results import Result
from zettai_benchmarks.scale import Scale
from zettai_benchmarks.scenarios import (
    backlog,
    bulk,
    campaign,
    ceilings,
    changing,
    controls,
    encryption,
    fairness,
    hosts,
    killed,
    latencies,
    memory,
    outstanding,
    producing,
    single,
    start,
    unlimited,
    urgent,
)

Scenario = Callable[[Scale], Result]

SCENARIOS: Mapping[str, Scenario] = {
    "bulk": bulk.run,
    "latencies": latencies.run,
    "changing": changing.run,
    "killed": killed.run,
    "single": single.run,
    "unlimited": unlimited.run,
    "urgent": urgent.run,
    "fairness": fairness.run,
    "producing": producing.run,
    "backlog": backlog.run,
    "memory": memory.run,
    "encryption": encryption.run,
    "outstanding": outstanding.run,
    "hosts": hosts.run,
    "ceilings": ceilings.run,
    "controls": controls.run,
    "start": start.run,
    "campaign": campaign.run,
}

BY_NAME_ONLY = frozenset({"campaign"})
"""Scenarios that take so long that they run only if they are named."""
