"""Campaigns by HTTP."""

from urllib.parse import quote

import pytest
from tests.integration.gateway.given import MESSAGE, Gateway

PATH = "/v1/campaigns/"


def _campaign(gateway: Gateway, name: str, count: int = 3, **fields: object) -> str:
    """Send messages of a group, and return the path of the campaign."""
    gateway.send({"messages": [{**MESSAGE, "group": name, **fields} for _ in range(count)]})
    return PATH + quote(name, safe="")


def test_campaign_is_paused_paced_and_resumed(gateway: Gateway) -> None:
    path = _campaign(gateway, "autumn/sale 秋")

    paused = gateway.ask("PATCH", path, {"paused": True})
    limited = gateway.ask("PATCH", path, {"limits": {"rate": "6/hour", "between": "00:00-24:00"}})
    resumed = gateway.ask("PATCH", path, {"paused": False})
    shown = gateway.ask("GET", path)

    assert [one.status for one in (paused, limited, resumed, shown)] == [200] * 4
    assert (paused.json["name"], paused.json["total"], paused.json["waits_for"]) == ("autumn/sale 秋", 3, "paused")
    assert (limited.json["pace"], limited.json["waits_for"]) == ("6/hour", "paused")
    assert (shown.json["paused_at"], shown.json["waits_for"], shown.json["states"]) == (None, "pace", {"queued": 3})
    assert "秋" in [one["name"][-1] for one in gateway.ask("GET", "/v1/campaigns").json["campaigns"]]


def test_messages_that_will_expire_are_announced(gateway: Gateway) -> None:
    path = _campaign(gateway, "expiring", 4, expires_in=1800)

    assert gateway.ask("PATCH", path, {"limits": {"over_seconds": 4 * 3600}}).json["will_expire"] == 3


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({}, "#/paused"),
        ({"paused": None}, "#/paused"),
        ({"paused": "yes"}, "#/paused"),
        ({"limits": {"rate": "fast"}}, "#/limits/rate"),
        ({"limits": {"over_seconds": 60}}, "#/limits/over_seconds"),
        ({"limits": {"between": "20-9"}, "paused": True}, "#/limits/between"),
        ({"limits": {"speed": 5}}, "#/limits/speed"),
    ],
)
def test_wrong_change_is_refused_and_changes_nothing(gateway: Gateway, change: dict[str, object], pointer: str) -> None:
    path = PATH + "unchanged"

    answer = gateway.ask("PATCH", path, change, key="admin")

    assert (answer.status, answer.problem, answer.json["errors"][0]["pointer"]) == (422, "invalid-request", pointer)
    assert gateway.ask("GET", path, key="admin").json["paused_at"] is None


def test_group_with_urgent_messages_is_refused(gateway: Gateway) -> None:
    path = _campaign(gateway, "codes", 1, lane="urgent")

    answer = gateway.ask("PATCH", path, {"paused": True})

    assert (answer.status, answer.problem) == (409, "urgent-campaign")


def test_name_that_no_group_can_have_is_not_found(gateway: Gateway) -> None:
    for method, change in (("GET", None), ("PATCH", {"paused": True})):
        assert gateway.ask(method, PATH + "%20x", change).problem == "not-found"


def test_key_without_admin_sees_and_controls_only_campaigns_that_are_its_own(gateway: Gateway) -> None:
    def send(group: str, key: str) -> None:
        gateway.ask("POST", "/v1/messages", {**MESSAGE, "group": group}, key=key)

    for group, key in (("own", "other"), ("foreign", "web"), ("mixed", "other"), ("mixed", "web")):
        send(group, key)

    assert gateway.ask("PATCH", PATH + "own", {"paused": True}, key="other").json["waits_for"] == "paused"
    assert [one["name"] for one in gateway.ask("GET", "/v1/campaigns", key="other").json["campaigns"]] == ["own"]
    for name in ("foreign", "mixed", "unknown"):
        assert gateway.ask("GET", PATH + name, key="other").problem == "not-found"
        assert gateway.ask("PATCH", PATH + name, {"paused": True}, key="other").problem == "not-found"
        assert gateway.ask("GET", PATH + name, key="admin").json["paused_at"] is None


def test_scopes_are_required(gateway: Gateway) -> None:
    assert gateway.ask("PATCH", PATH + "x", {"paused": True}, key="sender").problem == "scope-missing"
    assert gateway.ask("GET", PATH + "x", key="canceler").problem == "scope-missing"
    assert gateway.ask("GET", "/v1/campaigns", key="sender").problem == "scope-missing"
