"""Finished campaigns, and all dead letters of a list sent again in one go."""

import re
from uuid import uuid4

import pytest
from tests.integration.console.given import Console, Visitor
from tests.integration.console.records import ended, recorded, undelivered, words_of
from tests.support.store_helpers import claim_one, update_one, wait_a_millisecond

from zettai import State
from zettai_console.pages.campaigns import read_finished


def test_finished_campaigns_are_listed_latest_first(console: Console, visitor: Visitor) -> None:
    first, second, open_again, of_others = (f"{name}-{uuid4()}" for name in ("first", "second", "again", "others"))
    for group in (first, open_again, second):
        ended(console, State.REJECTED, "110 Invalid message.", group=group)
    ended(console, State.REJECTED, "110 Invalid message.", group=of_others, created_by="stranger", team=None)
    recorded(console, group=open_again)

    page = words_of(visitor.get("/campaigns/finished").text)

    assert page.index(second) < page.index(first)
    assert [one for one in (open_again, of_others) if one in page] == []
    assert "/console/campaigns/finished" in visitor.get("/campaigns").text


def test_finished_campaigns_have_pages_and_each_is_there_once(
    console: Console, admin: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zettai_console.pages.campaigns.LISTED", 2)
    names = [f"{number}-{uuid4()}" for number in range(3)]
    for name in [*names, names[0]]:
        ended(console, State.REJECTED, "110 Invalid message.", group=name)
    ended(console, State.REJECTED, "110 Invalid message.", group=names[0], created_by="stranger", team=None)

    first = read_finished(console.store, None, 0)
    second = read_finished(console.store, None, first.older or 0)

    assert [one.name for one in (*first.groups, *second.groups)][:3] == [names[0], names[2], names[1]]
    assert admin.get("/campaigns/finished?skip=1000000").status_code == 200


def test_all_dead_letters_of_a_campaign_are_sent_again_in_one_go(console: Console, visitor: Visitor) -> None:
    """More than a page has, and none of another campaign, of others, or that ended after the preview."""
    group = f"g-{uuid4()}"
    tags = [recorded(console, group=group, to=f"0901111{number:04}") for number in range(120)]
    for tag in tags:
        claim_one(console.store, tag)
        update_one(console.store, tag, State.REJECTED)
    others = [
        ended(console, State.REJECTED, "110 Invalid message."),
        ended(console, State.REJECTED, "110 Invalid message.", group=group, created_by="stranger", team=None),
    ]
    form = {"all": "yes", "state": "rejected", "group": group, "body": "new text"}

    preview = visitor.post("/dead-letters/preview", form)
    assert "120 messages can be sent again." in words_of(preview.text)
    [until] = re.findall(r'name="until" value="([0-9]+)"', preview.text)
    wait_a_millisecond(console.store)
    others.append(ended(console, State.REJECTED, "110 Invalid message.", group=group))
    sent = visitor.post("/dead-letters/send", {**form, "until": until})
    again = visitor.post("/dead-letters/send", {**form, "until": until})

    assert "120 messages are sent again." in words_of(sent.text)
    assert "0 messages are sent again. Not sent: 120: It was sent again before." in words_of(again.text)
    found = console.store.get([*tags, *others])
    assert [one is not None and one.requeued_as is not None for one in found] == 120 * [True] + 3 * [False]
    entries = [one for one in console.store.audit.read() if one.details.get("group") == group]
    assert {(one.action, one.actor.name, one.details["state"]) for one in entries} == {("requeue", "web", "rejected")}
    assert f'"group": "{group}"' in console.log.read_text()


@pytest.mark.parametrize("wrong", [{"state": "delivered"}, {"until": "x"}, {"until": "9" * 20}, {}])
def test_whole_list_that_does_not_exist_is_refused(visitor: Visitor, wrong: dict[str, str]) -> None:
    form = {"all": "yes", "state": "rejected", "group": "\u0001", "body": "x", **wrong}

    assert visitor.post("/dead-letters/send", form).status_code == 400


def test_dead_letters_of_a_list_that_may_have_arrived_are_counted_by_reason(console: Console, visitor: Visitor) -> None:
    group = f"g-{uuid4()}"
    undelivered(console, "31732", group=group)
    undelivered(console, "31721", group=group)

    page = words_of(
        visitor.post("/dead-letters/preview", {"all": "yes", "state": "undelivered", "group": group, "body": "x"}).text
    )

    assert "1 message can be sent again." in page
    assert "1: It did not arrive, for a cause that does not pass." in page
