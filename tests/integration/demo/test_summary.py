"""The summary: one wrong message makes the whole answer no, for people and for programs."""

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from zettai_demo import summary
from zettai_demo.measurements import SECOND, Arrivals
from zettai_demo.oracle import Check, Evidence
from zettai_demo.summary import Figures, Summary


@pytest.fixture
def figures(evidence: Evidence) -> Figures:
    """What was measured in a small play."""
    return Figures(
        seconds=12.3,
        messages=5,
        states=summary.states(evidence.store),
        worst_second=600,
        saturation=None,
        passwords_undisturbed=None,
        passwords=summary.password_waits(evidence.asked, evidence.taken),
        repeats=summary.repeats(evidence.taken, {"0": 4, "400": 1}),
        answers={"0": 4, "400": 1},
    )


def printed(ended: Summary) -> str:
    """What people read."""
    stream = io.StringIO()
    ended.print(Console(file=stream, width=120))
    return stream.getvalue()


def test_kept(figures: Figures) -> None:
    """Where every promise was kept, all say so."""
    ended = Summary([Check("one", 5), Check("two", 5)], figures)
    assert ended.ok
    assert "FAILED" not in printed(ended)
    assert "Every promise was kept." in printed(ended)


def test_broken(figures: Figures) -> None:
    """Where one was broken, all say so, and which message it was."""
    ended = Summary([Check("one", 5), Check("two", 5, ("a is gone",))], figures)
    assert not ended.ok
    assert "FAILED 1" in printed(ended)
    assert "two: a is gone" in printed(ended)


def test_json(figures: Figures) -> None:
    """A program reads the same."""
    read = json.loads(json.dumps(Summary([Check("two", 5, ("a is gone",))], figures).to_json()))
    assert read["ok"] is False
    assert read["checks"] == [{"promise": "two", "ok": False, "examined": 5, "wrong": ["a is gone"]}]
    assert read["figures"]["repeats"] == {"messages": 1, "requests": 2, "refused": 1, "sent_twice": 0}
    assert read["figures"]["states"] == {"delivered": 2, "canceled": 2, "undelivered": 1}


def test_sent_twice_is_counted(evidence: Evidence) -> None:
    """A message that was taken twice is counted once."""
    assert summary.repeats([*evidence.taken, evidence.taken[0]], {}).sent_twice == 1


def test_password_waits(evidence: Evidence) -> None:
    """Half a second passed; those asked for shortly before the faults, or later, may be left out."""
    everyone = summary.password_waits(evidence.asked, evidence.taken)
    assert everyone is not None
    assert (everyone.count, everyone.p50) == (4, 0.5)
    later = {tag: replace(asked, at=asked.at + 60) for tag, asked in evidence.asked.items()}
    assert summary.password_waits(later, evidence.taken, until=160.5) is None


def test_saturation() -> None:
    """The share is of what the limit would have allowed in the window."""
    arrivals = Arrivals()
    arrivals.renew(0, list(range(0, 4 * SECOND, 2000)))
    measured = summary.saturation(arrivals, (1.0, 3.0), limit=1000)
    assert measured is not None
    assert (measured.calls, measured.seconds, measured.share) == (1000, 2.0, 0.5)
    assert summary.saturation(arrivals, (1.0, 1.5), limit=1000) is None
