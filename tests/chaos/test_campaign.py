"""Chaos: everything goes wrong at once, and each message still comes to the one end that the provider knows."""

import os
import secrets
from pathlib import Path

import pytest
from tests.chaos.campaign import Campaign, Form
from tests.chaos.forms import FULL, SHORT
from tests.chaos.leaks import leaks
from tests.chaos.storm import REFUSALS, SUSTAINED, Kind
from tests.chaos.table import as_markdown, complaint, rows
from tests.chaos.verdict import judge

SEED = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
"""Printed with each run; the same one brings the same messages and the same storm."""


@pytest.mark.timeout(110)
def test_a_short_storm(tmp_path: Path) -> None:
    """A few hundred messages, and a few deaths."""
    played(SHORT, tmp_path)


@pytest.mark.chaos
@pytest.mark.timeout(600)
def test_the_whole_storm(tmp_path: Path) -> None:
    """20,000 messages, while nothing is left alone."""
    campaign = played(FULL, tmp_path)

    # It was a storm indeed: a calm one would prove nothing.
    blows = campaign.counts.blows
    assert blows[Kind.KILL] >= 20
    assert all(blows[kind] for kind in Kind)
    assert len(campaign.counts.faults) >= len({*SUSTAINED, *REFUSALS}) - 4


def played(form: Form, folder: Path) -> Campaign:
    """Play one run, print its table, and demand that every promise was kept."""
    print(f"\nSEED={SEED} make chaos")  # noqa: T201 - also where the run never comes to its table
    campaign = Campaign(form, SEED, folder)
    evidence = campaign.run()
    wrong = judge(evidence)
    print(as_markdown(rows(evidence, campaign.counts, wrong, form, SEED)))  # noqa: T201
    assert len(evidence.asked) == form.mix.total
    assert not complaint(wrong), complaint(wrong)
    assert not leaks(folder / "logs", evidence.asked)
    return campaign
