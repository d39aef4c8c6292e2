"""The processes that a worker runs on a machine."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zettai.core.lanes import Lane
from zettai_worker.supervisor import ProcessSpec, plan

EXPRESS = "express urgent,normal 32"
STATUS = "status status 8"
EVERY_LANE = "urgent,normal,bulk,status"


def summary(specs: list[ProcessSpec]) -> list[str]:
    """Return processes as `name lanes threads`."""
    return [" ".join([spec.name, ",".join(spec.lanes), str(spec.threads or "")]).rstrip() for spec in specs]


@pytest.mark.parametrize(
    ("cpus", "general", "threads"),
    [(1, 1, 64), (2, 2, 48), (3, 3, 32), (4, 4, 32), (16, 4, 32)],
)
def test_number_of_cores_sets_processes_and_threads(cpus: int, general: int, threads: int) -> None:
    """There is a general process for each core, up to four, and always the special ones."""
    assert summary(plan(cpus)) == [
        EXPRESS,
        *(f"general-{number} {EVERY_LANE} {threads}" for number in range(1, general + 1)),
        STATUS,
        "beat",
    ]


def test_given_numbers_change_only_general_processes() -> None:
    assert summary(plan(2, processes=3, threads=10, beat=False)) == [
        EXPRESS,
        *(f"general-{number} {EVERY_LANE} 10" for number in (1, 2, 3)),
        STATUS,
    ]


@pytest.mark.parametrize(
    ("lanes", "expected"),
    [
        ({Lane.BULK}, ["general-1 bulk 64"]),
        ({Lane.STATUS}, ["general-1 status 64"]),
        ({Lane.NORMAL, Lane.URGENT}, ["general-1 urgent,normal 64"]),
        ({Lane.STATUS, Lane.URGENT}, ["express urgent 32", "general-1 urgent,status 64", STATUS]),
        ({Lane.BULK, Lane.STATUS}, ["general-1 bulk,status 64", STATUS]),
    ],
)
def test_special_process_that_repeats_a_general_one_is_left_out(lanes: set[Lane], expected: list[str]) -> None:
    assert summary(plan(1, lanes=lanes, beat=False)) == expected


@given(cpus=st.integers(1, 256), lanes=st.sets(st.sampled_from(Lane), min_size=1))
def test_exactly_the_given_lanes_are_served_most_urgent_first(cpus: int, lanes: set[Lane]) -> None:
    specs = plan(cpus, lanes=lanes)
    assert {lane for spec in specs for lane in spec.lanes} == lanes
    assert all(list(spec.lanes) == [lane for lane in Lane if lane in spec.lanes] for spec in specs)


@given(cpus=st.integers(1, 256))
def test_campaigns_leave_threads_to_one_time_passwords_and_checks(cpus: int) -> None:
    """One process serves urgent messages without bulk, and one serves only checks. Names are unique."""
    specs = plan(cpus)
    assert any(Lane.URGENT in spec.lanes and Lane.BULK not in spec.lanes for spec in specs)
    assert any(spec.lanes == (Lane.STATUS,) for spec in specs)
    assert len({spec.name for spec in specs}) == len(specs)


def test_command_keeps_the_order_of_lanes() -> None:
    """Celery reads the queues in the order of -Q."""
    assert ProcessSpec("general-1", (Lane.URGENT, Lane.BULK), 7).command == [
        *(sys.executable, "-P", "-m", "celery", "-q", "-A", "zettai_worker", "worker"),
        *("-Q", "urgent,bulk", "-c", "7", "-n", "general-1@%h", "--without-gossip", "--without-mingle"),
    ]


def test_process_without_lanes_is_beat() -> None:
    assert ProcessSpec("beat").command[-1] == "beat"
