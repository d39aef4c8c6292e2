"""What the pages of campaigns show and change."""

from uuid import uuid4

from tests.integration.console.given import Console, Visitor
from tests.integration.console.records import recorded, undelivered, words_of
from tests.support.store_helpers import (
    state_of,
)

from zettai import State


def test_campaign_shows_outcomes_causes_parts_and_carriers(console: Console, visitor: Visitor) -> None:
    group = f"g {uuid4()}"
    for detail in ("31732", "51732", "31721"):
        undelivered(console, detail, group=group)
    recorded(console, group=group, body="あ" * 71)

    page = words_of(visitor.get(f"/campaign?name={group}").text)

    assert "4 messages, 1 still open" in page
    assert "Not delivered There is no such number. Carrier's codes: 31732, 51732 2" in page
    assert (
        "Not delivered The carrier's network was congested. A later attempt may arrive. Carrier's codes: 31721 1"
        in page
    )
    assert "About 2 more if the open messages arrive." in page
    assert "NTT docomo 3 3 0 3" in page


def test_running_campaigns_are_listed_with_their_progress(console: Console, visitor: Visitor, admin: Visitor) -> None:
    group = f"g-{uuid4()}"
    undelivered(console, "31732", group=group)
    recorded(console, group=group)
    recorded(console, group=group, created_by="other", team=None)

    rows = [one.get("/campaigns").text.partition(f"name={group}")[2].partition("</tr>")[0] for one in (visitor, admin)]

    assert words_of(rows[0]).endswith("– 1 –")
    assert words_of(rows[1]).endswith("33 % 2 3")


def test_unknown_campaign_is_named(visitor: Visitor) -> None:
    answer = visitor.get("/campaign?name=unknown")

    assert answer.status_code == 404
    assert "No message belongs to the campaign unknown." in words_of(answer.text)


def test_campaign_is_canceled_after_a_preview(console: Console, visitor: Visitor) -> None:
    group = f"g-{uuid4()}"
    tags = [recorded(console, group=group) for _ in range(3)]
    undelivered(console, "31732", group=group)

    preview = words_of(visitor.get(f"/campaign/cancel?name={group}").text)
    answer = words_of(visitor.post("/campaign/cancel", {"name": group}).text)

    assert "Not sent yet: canceled at once 3" in preview
    assert "Sent or ended: too late 1" in preview
    assert "Canceled 3" in answer
    assert {state_of(console.store, tag) for tag in tags} == {State.CANCELED}


def test_campaign_is_paused_and_resumed_after_previews(console: Console, visitor: Visitor) -> None:
    group = f"g-{uuid4()}"
    for _ in range(2):
        recorded(console, group=group, lane="bulk")

    preview = words_of(visitor.get(f"/campaign/pause?name={group}").text)
    visitor.post("/campaign/pause", {"name": group})
    paused = words_of(visitor.get(f"/campaign?name={group}").text)
    resuming = words_of(visitor.get(f"/campaign/resume?name={group}").text)
    visitor.post("/campaign/resume", {"name": group})
    resumed = words_of(visitor.get(f"/campaign?name={group}").text)

    assert "Wait here: they are not sent until you resume 2" in preview
    assert "Paused. Since" in paused
    assert "2 messages wait here." in paused
    assert "2 messages wait and are sent." in resuming
    assert "Paused." not in resumed


def test_campaign_gets_a_pace_and_a_window(console: Console, visitor: Visitor) -> None:
    group = f"g-{uuid4()}"
    recorded(console, group=group, lane="bulk")
    form = {"name": group, "rate": "5/second", "begin": "09:00", "end": "20:00", "days": "mon-fri", "holidays": "yes"}

    answer = visitor.post("/campaign/pace", form)
    page = words_of(visitor.get(f"/campaign?name={group}").text)

    assert answer.headers["location"] == f"/console/campaign?name={group}"
    assert "Pace 5/second" in page
    assert "Send window 09:00-20:00 Japan time, mon, tue, wed, thu, fri" in page


def test_window_is_in_the_language_of_the_reader(console: Console) -> None:
    group = f"g-{uuid4()}"
    recorded(console, group=group, lane="bulk")
    with console.visitor(language="ja") as visitor:
        visitor.post("/campaign/pace", {"name": group, "begin": "21:00", "end": "02:00", "days": "mon-fri"})
        page = words_of(visitor.get(f"/campaign?name={group}").text)

    assert "21:00-02:00(日本時間), 月, 火, 水, 木, 金, 祝日を除く" in page


def test_wrong_window_is_explained(console: Console, visitor: Visitor) -> None:
    group = f"g-{uuid4()}"
    recorded(console, group=group, lane="bulk")

    answer = visitor.post("/campaign/pace", {"name": group, "begin": "09:00"})

    assert answer.status_code == 400
    assert "between must be" in words_of(answer.text)


def test_urgent_campaign_is_not_paused(console: Console, visitor: Visitor) -> None:
    group = f"g-{uuid4()}"
    recorded(console, group=group, lane="urgent")

    answer = visitor.post("/campaign/pause", {"name": group})

    assert answer.status_code == 409
    assert "Nothing was changed." in words_of(answer.text)
