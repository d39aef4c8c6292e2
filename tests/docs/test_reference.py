"""What can go wrong, and what the explanations reckon with, as the code has it."""

from datetime import timedelta

from tests.docs.pages import names, read, table

import zettai
from zettai import InvalidMessage, TagConflict, ZettaiError
from zettai.core import errors
from zettai.core.aossms.codes import ResponseCode
from zettai.core.tasks import CHUNK
from zettai.core.validation import Carrier
from zettai_cli.shared.exits import _CODES, ExitCode
from zettai_worker.following.schedule import overdue_after
from zettai_worker.limiter.lanes import STATUS_EVERY
from zettai_worker.limiter.pace import HORIZON, URGENT_HORIZON, Pace, parse_limit
from zettai_worker.limiter.pump import EARLY, LEASE, TOLERANCE
from zettai_worker.limiter.units import MILLISECOND, SECOND
from zettai_worker.sending.sender import CLAIMED_AT_ONCE, SETTLED_WITHIN
from zettai_worker.settings import WorkerSettings

ERRORS = "docs/reference/errors.md"
LIMITER = "docs/explanation/limiter.md"

GIVEN = {
    InvalidMessage: ("to", "is wrong"),
    TagConflict: ("tag",),
    zettai.LedgerUnavailable: ("tag",),
    zettai.DurabilityUnavailable: ("is wrong",),
    zettai.NotDurable: ("tag",),
}
"""What errors are made of, where that is more than a text."""


def test_each_error_of_the_library_is_told() -> None:
    """In the order of the code, with its attributes and the exit code that it leads to."""
    rows = table(ERRORS, "error", "attributes", "recorded?", "exit code", "what to do")

    of_code = [kind.__name__ for kind in vars(errors).values() if isinstance(kind, type) and kind is not ZettaiError]

    assert [row["error"] for row in rows] == of_code
    for row in rows:
        kind = getattr(zettai, row["error"])
        attributes = vars(kind(*GIVEN.get(kind, ("text",))))
        assert {name.strip("` ") for name in row["attributes"].split(",")} - {"–"} == set(attributes)
        assert int(row["exit code"]) == _CODES[kind]


def test_the_exit_codes_are_those_of_the_code() -> None:
    """All of them."""
    rows = table(ERRORS, "exit code", "name", "meaning")

    assert [(int(row["exit code"]), row["name"]) for row in rows] == [(code.value, code.name) for code in ExitCode]


def test_the_codes_of_the_provider_are_those_of_the_code() -> None:
    """With what they mean."""
    rows = table(ERRORS, "code", "meaning", "what follows for a message that is sent")

    assert [(int(row["code"]), row["meaning"]) for row in rows] == [(code.value, code.meaning) for code in ResponseCode]


def test_the_headroom_is_what_the_limiter_reckons() -> None:
    """For each spread of the table, at 600 calls a second."""
    for row in table(LIMITER, "spread", "µs from slot to slot", "calls a second"):
        spread = timedelta(milliseconds=int(row["spread"].removesuffix(" ms")))
        step = Pace.of(parse_limit("600/second"), spread).step
        assert row["µs from slot to slot"] == f"{step:,}"
        assert row["calls a second"] == f"{SECOND / step:.1f}"


def test_the_limiters_times_are_those_of_the_code() -> None:
    """Those that the text names."""
    text = " ".join(read(LIMITER).split())

    for said in (
        f"further ahead than {HORIZON // MILLISECOND} ms, or {URGENT_HORIZON // MILLISECOND} ms for urgent calls",
        f"a small lease, some {LEASE // MILLISECOND} ms long",
        f"not before {EARLY // MILLISECOND} ms ahead of it",
        f"more than {TOLERANCE // MILLISECOND} ms after it the slot is dropped",
        f"one slot in {STATUS_EVERY}",
    ):
        assert said in text


def test_messages_count_as_overdue_when_the_page_says() -> None:
    """By the carrier that the caller named."""
    settings = WorkerSettings.model_construct()
    rows = table("docs/explanation/kddi.md", "the caller named", "counts as overdue after", "setting")
    written = {
        carrier: (timedelta(minutes=int(row["counts as overdue after"].split()[0])), row["setting"])
        for row in rows
        for carrier in (names(row["the caller named"]) or [row["the caller named"]])
    }

    assert set(written) == {*Carrier, "nothing"}
    for carrier, (after, setting) in written.items():
        assert overdue_after(Carrier(carrier) if carrier != "nothing" else None, settings) == after
        assert getattr(settings, setting.removeprefix("ZETTAI_").lower()) == after


def test_the_sizes_of_tasks_and_claims_are_those_of_the_code() -> None:
    """Wherever a page tells them."""
    text = " ".join("".join(map(read, ("docs/architecture.md", "docs/settings.md", "docs/deployment.md"))).split())

    for said in (
        f"publishes tags, up to {CHUNK} a task",
        f"the {CHUNK} messages of one task",
        f"the chunk of up to {CHUNK} tags a task",
        f"a task in a queue has up to {CHUNK} messages",
        f"takes up to {CLAIMED_AT_ONCE} messages at a time",
        f"**Claims of {CLAIMED_AT_ONCE}.** One script call claims up to {CLAIMED_AT_ONCE} messages",
        f"Once the first answer is {SETTLED_WITHIN:.0f} seconds old",
    ):
        assert said in text, said
