"""The processes that a worker runs on a machine."""

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zettai.core.lanes import Lane
from zettai_worker.supervisor import ProcessSpec, plan

EVERY_LANE = "urgent,normal,bulk,status"


def summary(specs: list[ProcessSpec]) -> list[str]:
    """Return processes as `name lanes`."""
    return [" ".join([spec.name, ",".join(spec.lanes)]).rstrip() for spec in specs]


@pytest.mark.parametrize(("cpus", "processes"), [(1, 1), (2, 2), (3, 3), (4, 4), (16, 4)])
def test_there_is_a_process_for_each_core_up_to_four(cpus: int, processes: int) -> None:
    assert summary(plan(cpus)) == [*(f"worker-{number} {EVERY_LANE}" for number in range(1, processes + 1)), "beat"]


def test_number_of_processes_can_be_given() -> None:
    assert summary(plan(2, processes=3, beat=False)) == [f"worker-{number} {EVERY_LANE}" for number in (1, 2, 3)]


@given(cpus=st.integers(1, 256), lanes=st.sets(st.sampled_from(Lane), min_size=1))
def test_each_process_serves_the_given_lanes_most_urgent_first(cpus: int, lanes: set[Lane]) -> None:
    specs = plan(cpus, lanes=lanes, beat=False)
    assert all(list(spec.lanes) == [lane for lane in Lane if lane in lanes] for spec in specs)
    assert len({spec.name for spec in specs}) == len(specs)


def test_command_keeps_the_order_of_lanes() -> None:
    assert ProcessSpec("worker-1", (Lane.URGENT, Lane.BULK)).command == [
        *(sys.executable, "-P", "-m", "zettai_worker", "worker"),
        *("-Q", "urgent,bulk", "-n", "worker-1@%h", "--without-gossip", "--without-mingle"),
    ]


def test_process_without_lanes_is_beat() -> None:
    assert ProcessSpec("beat").command[-1] == "beat"


def test_process_imports_neither_flower_nor_the_commands_that_it_does_not_run() -> None:
    """Celery's own command imports them all, which takes a third of the start."""
    program = """
import sys, zettai_worker.__main__
print(*{"flower", "prompt_toolkit", "celery.bin.celery", "celery.bin.shell"} & set(sys.modules))
"""
    environment = os.environ | {"ZETTAI_CLIENT_ID": "1234", "ZETTAI_SMS_CODE": "12345"}
    ran = subprocess.run(
        [sys.executable, "-P", "-c", program], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    assert not ran.stdout.split()
