"""Requests that name an account, and API keys that may use some accounts only."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.gateway.given import MESSAGE, Answer, Gateway, serving
from tests.support.accounts import SHOP, SHOP_CODE, write_accounts

from zettai.gateway.api_keys import Scope, new_key, parse_keys


@pytest.fixture
def gateway(redis_url: str, tmp_path: Path) -> Iterator[Gateway]:
    path = write_accounts(tmp_path)
    with serving(tmp_path / "log", redis_url, ACCOUNTS_FILE=str(path), SMS_CODE="12345") as gateway:
        yield gateway


def _send(gateway: Gateway, key: str = "web", **fields: str) -> Answer:
    return gateway.ask("POST", "/v1/messages", MESSAGE | fields, key=key)


def _listed(gateway: Gateway, key: str, query: str = "") -> set[str]:
    answer = gateway.ask("GET", f"/v1/messages{query}", key=key)
    return {one["client_tag"] for one in answer.json["messages"]}


def test_account_is_the_named_one_or_that_of_the_sender(gateway: Gateway) -> None:
    assert _send(gateway).json["account"] is None
    assert _send(gateway, account=SHOP).json["account"] == SHOP
    assert _send(gateway, sender=SHOP_CODE).json["account"] == SHOP


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"account": "other"}, "#/account", "unknown_account"),
        ({"account": "Shop"}, "#/account", "not_an_account_name"),
        ({"account": SHOP, "sender": "12345"}, "#/sender", "sender_not_allowed"),
    ],
)
def test_unknown_account_is_refused(gateway: Gateway, fields: dict[str, str], pointer: str, code: str) -> None:
    answer = _send(gateway, **fields)

    assert (answer.status, answer.problem) == (422, "invalid-request")
    assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [(pointer, code)]


def test_key_of_one_account_sends_by_it_only(gateway: Gateway) -> None:
    assert _send(gateway, "of-shop").json["account"] == SHOP
    assert _send(gateway, "of-shop", sender=SHOP_CODE).json["account"] == SHOP
    for fields in ({"account": "default"}, {"sender": "12345"}):
        assert _send(gateway, "of-shop", **fields).status == 422


def test_key_of_one_account_sees_no_message_of_another_one(gateway: Gateway) -> None:
    ours, other = (_send(gateway, group="g", account=account).json["client_tag"] for account in (SHOP, "default"))

    assert gateway.ask("GET", f"/v1/messages/{ours}", key="of-shop").status == 200
    for method, value in (("GET", None), ("DELETE", None), ("PATCH", {"body": "new"})):
        assert gateway.ask(method, f"/v1/messages/{other}", value, key="of-shop").status == 404
    for query in ("", "?group=g", "?state=queued"):
        assert _listed(gateway, "of-shop", query) == {ours}
    assert gateway.ask("DELETE", "/v1/groups/g", key="of-shop").json["canceled"] == 1
    assert gateway.ask("GET", f"/v1/messages/{other}").json["state"] == "queued"


def test_key_of_one_account_sees_its_own_campaigns_and_suppressions_only(gateway: Gateway) -> None:
    """Those of others may concern other accounts. The key has the scope `admin`."""
    number = {"number": MESSAGE["to"]}
    _send(gateway, "of-shop", group="ours")
    _send(gateway, group="theirs", account="default")
    gateway.ask("POST", "/v1/suppressions", number)

    campaigns = gateway.ask("GET", "/v1/campaigns", key="of-shop").json["campaigns"]
    assert [one["name"] for one in campaigns] == ["ours"]
    assert gateway.ask("GET", "/v1/campaigns/theirs", key="of-shop").status == 404
    paused = {
        name: gateway.ask("PATCH", f"/v1/campaigns/{name}", {"paused": True}, key="of-shop")
        for name in ("ours", "theirs")
    }
    assert [answer.status for answer in paused.values()] == [200, 404]
    assert not gateway.ask("POST", "/v1/suppressions/remove", number, key="of-shop").json["suppressed"]
    assert gateway.ask("POST", "/v1/suppressions/get", number, key="admin").json["suppressed"]


def test_lists_have_one_account_or_all(gateway: Gateway) -> None:
    ours, other = (_send(gateway, account=account).json["client_tag"] for account in (SHOP, "default"))

    for key in ("admin", "web"):
        assert _listed(gateway, key) == {ours, other}
        assert _listed(gateway, key, f"?account={SHOP}") == {ours}
        assert _listed(gateway, key, "?account=default") == {other}
    unknown = gateway.ask("GET", "/v1/messages?account=default", key="of-shop")
    assert [one["pointer"] for one in unknown.json["errors"]] == ["?account"]


def test_pages_go_through_all_accounts(gateway: Gateway) -> None:
    tags = {_send(gateway, account=account).json["client_tag"] for account in (SHOP, "default") * 3}
    found: list[str] = []
    cursor = ""
    while cursor is not None:
        query = "?limit=2&state=queued" + (f"&cursor={cursor}" if cursor else "")
        page = gateway.ask("GET", f"/v1/messages{query}", key="admin").json
        found += [one["client_tag"] for one in page["messages"]]
        cursor = page["next"]

    assert sorted(found) == sorted(tags)


def test_line_of_a_key_has_its_accounts() -> None:
    key, stored = new_key("web", [Scope.SEND], accounts="shop,default")

    assert str(stored).endswith(":accounts=shop,default")
    assert parse_keys(str(stored)).find(key) == stored
    with pytest.raises(ValueError, match="each of accounts must be 1 to 30"):
        new_key("web", [Scope.SEND], accounts="Shop")
