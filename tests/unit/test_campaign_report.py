"""The campaign report: its statistics, its timeline and its chart."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from zettai import Carrier, Lane, Message, State
from zettai.campaign_report.builder import OTHER, OUTCOMES, ReportBuilder
from zettai.campaign_report.statistics import Cost, Outcome, Report
from zettai.campaign_report.timeline import MAX_STEPS, STEPS, timeline
from zettai.core.carriers import UNKNOWN_CARRIER
from zettai.core.times import JST
from zettai_cli.campaigns.report.chart import WIDTH, description, svg
from zettai_cli.campaigns.report.page import page
from zettai_cli.campaigns.report.view import percentage, rows
from zettai_cli.shared.svg import top_of_axis

AT = datetime(2026, 8, 1, 9, 0, tzinfo=JST)
SVG = "{http://www.w3.org/2000/svg}"

MESSAGE = Message(
    client_tag="t1",
    to="+819012345678",
    lane=Lane.BULK,
    state=State.DELIVERED,
    since=AT + timedelta(seconds=30),
    reason="statusId 2",
    created_at=AT - timedelta(seconds=5),
    expires_at=AT + timedelta(days=1),
    sent_at=AT,
    group="summer",
    parts=2,
)


def report_of(*messages: Message, parts: int | None = None) -> Report:
    """Return the report about some messages."""
    added = ReportBuilder()
    for message in messages:
        added.add(message, parts)
    return added.build("summer", AT)


def in_state(state: State, **changes: Any) -> Message:
    """Return the message in another state. Only a delivered one has parts."""
    return replace(MESSAGE, state=state, **{"parts": 2 if state is State.DELIVERED else None, **changes})


def test_outcomes_add_up_to_all_messages() -> None:
    found = report_of(*map(in_state, State))

    assert set(OUTCOMES) == set(State)
    assert found.messages == len(State) == sum(found.outcomes.values()) == sum(found.states.values())
    assert found.outcomes == {
        Outcome.DELIVERED: 1,
        Outcome.UNDELIVERED: 1,
        Outcome.UNKNOWN: 1,
        Outcome.UNDER_WAY: 3,
        Outcome.PENDING: 4,
        Outcome.CANCELED: 1,
        Outcome.EXPIRED: 1,
        Outcome.REFUSED: 2,
    }


def test_sent_counts_accepted_messages_only() -> None:
    taken = {state for state in State if report_of(in_state(state)).sent}

    assert taken == {State.ACCEPTED, State.SENDING, State.DELIVERED, State.UNDELIVERED}


@pytest.mark.parametrize(
    ("state", "reason", "detail", "cause"),
    [
        (State.UNDELIVERED, "statusId 3 31732", "31732", "no such number (31732)"),
        (State.UNDELIVERED, "statusId 3 99999", "99999", "unknown (99999)"),
        (State.UNDELIVERED, "statusId 3", None, "statusId 3"),
        (State.REJECTED, "110 Invalid phoneNumber.", None, "110 Invalid phoneNumber."),
        (State.FAILED, "tag_conflict", None, "tag_conflict"),
    ],
)
def test_failures_have_a_cause(state: State, reason: str, detail: str | None, cause: str) -> None:
    [found] = report_of(*[in_state(state, reason=reason, detail=detail)] * 3).causes

    assert (found.state, found.reason, found.messages) == (state, cause, 3)


def test_replaced_message_has_its_cause() -> None:
    [found] = report_of(in_state(State.CANCELED), in_state(State.CANCELED, reason="replaced", replaced_by="t2")).causes

    assert (found.state, found.reason, found.messages) == (State.CANCELED, "replaced", 1)


def test_causes_above_the_limit_are_counted_as_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zettai.campaign_report.builder.MAX_CAUSES", 2)
    found = report_of(*(in_state(State.REJECTED, reason=f"{number}") for number in range(5)))

    assert {cause.reason: cause.messages for cause in found.causes} == {"0": 1, "1": 1, OTHER: 3}


@pytest.mark.parametrize(
    ("messages", "parts", "cost"),
    [
        ([], None, Cost(0, 0, 0, 0, 0)),
        ([State.DELIVERED] * 3, None, Cost(6, 3, 0, 0, 0)),
        # What waits has its text, by which it is estimated.
        ([State.DELIVERED, State.QUEUED, State.QUEUED], 3, Cost(2, 1, 6, 2, 0)),
        # What is at the provider has none any more: as those delivered, else as those whose text is there.
        ([State.DELIVERED, State.ACCEPTED, State.ACCEPTED], None, Cost(2, 1, 4, 2, 0)),
        ([State.ACCEPTED], None, Cost(0, 0, 0, 0, 1)),
        ([State.DELIVERY_UNKNOWN], None, Cost(0, 0, 0, 0, 1)),
        # Never sent, or never delivered, is never billed.
        ([State.CANCELED, State.EXPIRED, State.REJECTED, State.FAILED, State.UNDELIVERED], None, Cost(0, 0, 0, 0, 0)),
    ],
)
def test_billed_parts_and_estimate_are_separate(messages: list[State], parts: int | None, cost: Cost) -> None:
    assert report_of(*map(in_state, messages), parts=parts).cost == cost


def test_delivery_without_parts_is_not_estimated() -> None:
    assert report_of(in_state(State.DELIVERED, parts=None), MESSAGE).cost == Cost(2, 1, 0, 0, 1)


def test_delays_are_measured_from_accepted_to_delivered() -> None:
    took = [replace(MESSAGE, since=AT + timedelta(seconds=seconds)) for seconds in range(1, 101)]
    found = report_of(*took).delay

    assert found is not None
    assert (found.count, found.p50, found.p95, found.longest) == (100, 50, 95, 100)
    early = report_of(replace(MESSAGE, since=AT - timedelta(seconds=1))).delay
    assert early is not None
    assert early.p50 == 0
    assert report_of(in_state(State.UNDELIVERED)).delay is None


def test_carriers_are_those_that_the_provider_found_or_else_the_sender_named() -> None:
    found = report_of(
        replace(MESSAGE, carrier=Carrier.KDDI),
        replace(MESSAGE, carrier=Carrier.KDDI, carrier_found=Carrier.DOCOMO),
        *[MESSAGE] * 2,
        in_state(State.UNDELIVERED, detail="11721"),
        in_state(State.QUEUED),
    ).carriers

    assert list(found) == [UNKNOWN_CARRIER, "au", "docomo"]
    assert (found["au"].messages, found["au"].sent, found["au"].undelivered) == (1, 1, 0)
    unknown = found[UNKNOWN_CARRIER]
    assert (unknown.messages, unknown.sent, unknown.delivered, unknown.undelivered) == (4, 3, 2, 1)


@pytest.mark.parametrize(
    ("span", "step", "columns"),
    [
        (0, timedelta(seconds=1), 1),
        (40, timedelta(seconds=1), 41),
        (60, timedelta(seconds=2), 31),
        (3600, timedelta(minutes=2), 31),
        (86400 * 3, timedelta(hours=2), 37),
        (86400 * 30, timedelta(days=1), 31),
        (86400 * 100, timedelta(days=3), 35),
    ],
)
def test_steps_have_round_lengths(span: int, step: timedelta, columns: int) -> None:
    found = timeline([AT.timestamp()], [AT.timestamp() + span])

    assert found is not None
    assert (found.step, len(found.delivered)) == (step, columns)


INSTANTS = st.lists(st.integers(1_700_000_000_000, 1_702_000_000_000).map(lambda ms: ms / 1000), max_size=60)


@given(INSTANTS, INSTANTS)
def test_every_final_status_is_in_its_step(delivered: list[float], undelivered: list[float]) -> None:
    found = timeline(delivered, undelivered)

    if not delivered + undelivered:
        assert found is None
        return
    assert found is not None
    assert len(found.delivered) == len(found.undelivered) <= MAX_STEPS
    assert (sum(found.delivered), sum(found.undelivered)) == (len(delivered), len(undelivered))
    assert found.step in STEPS or found.step % timedelta(days=1) == timedelta(0)
    expected = Counter(int((at - found.start.timestamp()) // found.step.total_seconds()) for at in delivered)
    assert found.delivered == tuple(expected[number] for number in range(len(found.delivered)))
    if found.step <= timedelta(days=1):
        midnight = found.start.replace(hour=0, minute=0, second=0, microsecond=0)
        assert (found.start - midnight) % found.step == timedelta(0)


@pytest.mark.parametrize(("highest", "top"), [(0, 1), (1, 1), (3, 4), (5, 5), (6, 10), (39, 40), (41, 50), (999, 1000)])
def test_axis_ends_at_a_round_number(highest: int, top: int) -> None:
    assert top_of_axis(highest) == top


@given(st.integers(0, 10**9))
def test_column_is_never_higher_than_its_axis(highest: int) -> None:
    assert highest <= top_of_axis(highest) <= max(2.5 * highest, 1)


MANY = report_of(
    *[MESSAGE] * 60,
    *[replace(MESSAGE, since=AT + timedelta(minutes=9))] * 30,
    *[in_state(State.UNDELIVERED, detail="31732")] * 10,
    *[in_state(State.QUEUED)] * 20,
)


def test_bar_is_proportional_to_the_outcomes() -> None:
    bar = [rectangle for rectangle in fromstring(svg(MANY)).findall(f"{SVG}rect") if rectangle.get("height") == "28.00"]

    widths = [float(rectangle.get("width")) for rectangle in bar]
    assert [width / sum(widths) for width in widths] == pytest.approx([90 / 120, 10 / 120, 20 / 120], abs=1e-4)
    assert [rectangle.findtext(f"{SVG}title") for rectangle in bar] == ["90 delivered", "10 undelivered", "20 pending"]


def test_columns_match_the_timeline() -> None:
    rectangles = fromstring(svg(MANY)).findall(f"{SVG}rect")
    columns = [one for one in rectangles if ":" in (one.findtext(f"{SVG}title") or "")]

    told = [one.findtext(f"{SVG}title") for one in columns]
    assert told == [
        "08-01 09:00:30: 60 delivered",
        "08-01 09:00:30: 10 undelivered",
        "08-01 09:09:00: 30 delivered",
    ]
    heights = [float(one.get("height")) for one in columns]
    assert [height / heights[2] for height in heights] == pytest.approx([2, 1 / 3, 1], abs=0.01)
    assert all(float(one.get("x", 0)) + float(one.get("width")) <= WIDTH for one in rectangles)


def test_chart_has_a_description_with_all_numbers() -> None:
    root = fromstring(svg(MANY))

    assert root.get("role") == "img"
    ids = (root.get("aria-labelledby") or "").split()
    assert [one.get("id") for one in root[:2]] == ids
    assert root[0].text == "Campaign summer"
    assert root[1].text == description(MANY)
    assert "120 messages: 90 delivered, 10 undelivered, 20 pending." in description(MANY)
    assert "undelivered 10, 0" in description(MANY)


@pytest.mark.parametrize("draw", [svg, page])
def test_names_are_escaped(draw: Any) -> None:
    evil = '<script>alert("&")</script>'
    drawn = draw(replace(report_of(in_state(State.REJECTED, reason=evil)), group=evil))

    assert "<script" not in drawn
    assert "&lt;script&gt;" in drawn


def test_long_name_is_cut() -> None:
    root = fromstring(svg(replace(MANY, group="夏" * 200)))

    assert len(root.findtext(f"{SVG}text") or "") == 36
    assert "夏" * 200 in (root[0].text or "")


def test_campaign_without_final_statuses_has_a_chart() -> None:
    drawn = svg(report_of(in_state(State.QUEUED)))

    assert "There is no final status yet." in drawn
    assert fromstring(drawn).get("role") == "img"


@pytest.mark.parametrize(
    ("count", "of", "shown"),
    [(0, 0, "–"), (0, 5, "0 %"), (5, 5, "100 %"), (1, 100_000, "0.1 %"), (99_999, 100_000, "99.9 %"), (1, 3, "33.3 %")],
)
def test_percentage_never_rounds_to_0_or_100(count: int, of: int, shown: str) -> None:
    assert percentage(count, of) == shown


def test_csv_has_every_value_of_the_json() -> None:
    found = {(figure, of): value for figure, of, value in rows(MANY)}

    assert found["messages", ""] == 120
    assert found["outcome", "delivered"] == 90
    assert found["state", "undelivered"] == 10
    assert found["cause", "undelivered: no such number (31732)"] == 10
    assert found["cost", "billed_parts"] == 180
    assert found["delay_seconds", "p50"] == 30
    assert found["carrier delivered", UNKNOWN_CARRIER] == 90
