"""Several accounts in one installation, as a web application uses them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.accounts import SHOP, SHOP_CODE, write_accounts

from zettai import (
    CancelOutcome,
    Erasure,
    InvalidMessage,
    Lane,
    ReplaceOutcome,
    Settings,
    SettingsError,
    SharedByAccounts,
    SmsClient,
    State,
    TagConflict,
)
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.core.times import now

TO = "09012345678"

OTHER_CODE = "66666"


@pytest.fixture
def settings(redis_url: str, tmp_path: Path) -> Settings:
    path = write_accounts(tmp_path, senders=[OTHER_CODE])
    return Settings.load(
        redis_url=redis_url,
        client_id="1234",
        sms_code="12345",
        senders="77777",
        accounts_file=path,
        same_text_per_minute=0,
    )


@pytest.fixture
def client(settings: Settings) -> Iterator[SmsClient]:
    with SmsClient(settings) as client:
        yield client


@pytest.fixture
def stores(redis_url: str) -> Iterator[dict[str | None, WorkerStore]]:
    with connect(redis_url) as redis:
        yield {account: WorkerStore(redis, Keys("zettai", account), sms_code="12345") for account in (None, SHOP)}


@pytest.mark.parametrize("accounts", [5, None, "shop"])
def test_accounts_of_a_client_must_be_a_list(client: SmsClient, accounts: Any) -> None:
    with pytest.raises(InvalidMessage, match=r"^accounts: must be a list"):
        client.for_accounts(accounts)


@pytest.mark.parametrize(
    ("account", "sender", "chosen"),
    [
        (None, None, None),
        (None, "12345", None),
        (None, "77777", None),
        (None, SHOP_CODE, SHOP),
        (None, OTHER_CODE, SHOP),
        (SHOP, None, SHOP),
        (SHOP, OTHER_CODE, SHOP),
        ("default", None, None),
        ("default", "77777", None),
    ],
)
def test_account_is_the_named_one_or_that_of_the_sender(
    client: SmsClient,
    stores: dict[str | None, WorkerStore],
    account: str | None,
    sender: str | None,
    chosen: str | None,
) -> None:
    sent = client.send(TO, "hello", account=account, sender=sender)

    found = client.get(sent.client_tag)
    assert found is not None
    assert (sent.account, found.account, found.sender) == (chosen, chosen, sender)
    for name, store in stores.items():
        assert list(store.tags(state=State.QUEUED)) == ([sent.client_tag] if name == chosen else [])
        assert store.queue_length(Lane.NORMAL) == (1 if name == chosen else 0)


@pytest.mark.parametrize(
    ("account", "sender", "refusal", "named"),
    [
        ("unknown", None, ("account", "unknown_account"), "default, shop"),
        ("Shop!", None, ("account", "not_an_account_name"), "lower-case"),
        (None, "99999", ("sender", "sender_not_allowed"), "12345, 55555, 66666, 77777"),
        (SHOP, "77777", ("sender", "sender_not_allowed"), "55555, 66666"),
        ("default", SHOP_CODE, ("sender", "sender_not_allowed"), "12345, 77777"),
    ],
)
def test_unknown_account_or_sender_of_another_account_is_refused(
    client: SmsClient, account: str | None, sender: str | None, refusal: tuple[str, str], named: str
) -> None:
    with pytest.raises(InvalidMessage, match=named) as refused:
        client.send(TO, "hello", account=account, sender=sender)

    assert (refused.value.field, refused.value.code) == refusal
    assert refused.value.message_ja
    assert not list(client.list())


def test_tag_of_one_account_is_a_conflict_in_another_one(client: SmsClient) -> None:
    for first, second in ((None, SHOP), (SHOP, None)):
        tag = f"tag-{first}"
        client.send(TO, "hello", client_tag=tag, account=first)

        with pytest.raises(TagConflict):
            client.send(TO, "hello", client_tag=tag, account=second or "default")
        assert client.send(TO, "hello", client_tag=tag, account=first).account == first


def test_send_many_keeps_the_order_of_mixed_accounts(client: SmsClient) -> None:
    items = [{"to": TO, "body": str(number), "account": SHOP if number % 3 else None} for number in range(700)]

    results = list(client.send_many(items))

    assert [result.message.account for result in results if result.message] == [item["account"] for item in items]
    assert [result.position for result in results] == list(range(700))


def test_list_has_all_accounts_newest_first(client: SmsClient) -> None:
    tags = [client.send(TO, "hello", account=SHOP if number % 2 else None, group="g").client_tag for number in range(6)]

    assert {one.client_tag for one in client.list(state=State.QUEUED)} == set(tags)
    times = [one.since for one in client.list(state=State.QUEUED)]
    assert times == sorted(times, reverse=True)
    assert {one.client_tag for one in client.list(group="g")} == set(tags)


def test_cancel_replace_and_cancel_group_reach_each_account(
    client: SmsClient, stores: dict[str | None, WorkerStore]
) -> None:
    tags = [client.send(TO, "hello", account=account, group="g").client_tag for account in (None, SHOP) * 3]
    at = now() + timedelta(days=1)

    assert [client.cancel(tag) for tag in tags[:2]] == [CancelOutcome.CANCELED] * 2
    replacements = [client.replace(tag, send_at=at) for tag in tags[2:4]]
    assert [one.outcome for one in replacements] == [ReplaceOutcome.REPLACED] * 2
    assert [one.message.account for one in replacements if one.message] == [None, SHOP]
    assert client.cancel_group("g").canceled == 8  # those canceled before count too
    assert all(message.state is State.CANCELED for message in client.list())
    for store in stores.values():
        assert store.counts()[State.CANCELED] == 4


def test_client_without_the_account_does_not_see_its_messages(client: SmsClient, redis_url: str) -> None:
    sent = client.send(TO, "hello", account=SHOP, group="g")

    with SmsClient(Settings.load(redis_url=redis_url)) as other:
        assert other.get(sent.client_tag) is None
        assert other.cancel(sent.client_tag) is CancelOutcome.NOT_FOUND
        assert other.replace(sent.client_tag, body="new").outcome is ReplaceOutcome.NOT_FOUND
        assert list(other.list(group="g")) == []
        with pytest.raises(TagConflict):
            other.send(TO, "hello", client_tag=sent.client_tag)
    [message] = client.list()
    assert message.state is State.QUEUED


def test_client_of_some_accounts_refuses_what_concerns_all(client: SmsClient) -> None:
    limited = client.for_accounts([SHOP])
    client.send(TO, "hello", group="g")

    with pytest.raises(SharedByAccounts, match="campaigns are shared by all accounts"):
        limited.campaigns.pause("g")
    with pytest.raises(SharedByAccounts, match="suppressions are shared by all accounts"):
        limited.suppressions.add(TO)
    assert client.campaigns.show("g").paused_at is None
    assert client.for_accounts(client.accounts).campaigns.pause("g").paused_at is not None


def test_person_is_erased_in_the_accounts_of_the_client(client: SmsClient) -> None:
    tags = {account: client.send(TO, "hello", account=account).client_tag for account in (None, SHOP)}

    assert client.for_accounts([SHOP]).erase(TO) == Erasure(erased=1, pending=0, damaged=0)
    assert {name: found.erased for name, tag in tags.items() if (found := client.get(tag))} == {None: False, SHOP: True}
    assert client.erase(TO).erased == 1


def test_worker_of_one_account_cannot_touch_a_message_of_another_one(
    client: SmsClient, stores: dict[str | None, WorkerStore]
) -> None:
    tag = client.send(TO, "hello", account=SHOP).client_tag
    a_minute = timedelta(minutes=1)

    assert stores[None].claim([tag], "claim", claim_timeout=a_minute, held_for=a_minute) == []
    assert stores[None].cancel([tag]) == ["not_found"]
    [claim] = stores[SHOP].claim([tag], "claim", claim_timeout=a_minute, held_for=a_minute)
    assert claim.message.account == SHOP


def test_old_settings_have_one_account_with_the_same_keys(redis_url: str) -> None:
    with SmsClient(Settings.load(redis_url=redis_url)) as client, connect(redis_url) as redis:
        sent = client.send(TO, "hello", client_tag="t")

        assert sent.account is None
        keys = set(redis.keys("*"))
        assert not [key for key in keys if "account" in key or "@" in key]
        assert keys >= {
            "zettai:message:t",
            "zettai:body:t",
            "zettai:state:queued",
            "zettai:waiting:normal",
            "zettai:transitions",
            "zettai:celery:normal",
            "zettai:digest_key",
        }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[shop]\nclient_id = '5678'", "shop.sms_code: must be set"),
        ("[shop]\nclient_id = 'x'\nsms_code = '55555'", "shop.client_id"),
        ("[Shop]\nclient_id = '5678'\nsms_code = '55555'", "Shop: must be 1 to 30"),
        ("[default]\nclient_id = '5678'\nsms_code = '55555'", "default: this is the account of ZETTAI_CLIENT_ID"),
        ("[shop]\nclient_id = '1234'\nsms_code = '55555'", "shop: the client id 1234 belongs to default too"),
        ("[shop]\nclient_id = '5678'\nsms_code = '12345'", "shop: the sender code 12345 belongs to default too"),
        ("[shop]\nclient_id = '5678'\nsms_code = '55555'\ncolor = 1", "shop.color"),
        ("token = secret", "is not valid TOML"),
    ],
)
def test_wrong_file_is_refused_without_its_secrets(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "accounts.toml"
    path.write_text(text)

    with pytest.raises(SettingsError, match=problem) as refused:
        Settings.load(client_id="1234", sms_code="12345", accounts_file=path)
    assert str(refused.value).startswith("ZETTAI_ACCOUNTS_FILE: ")
    assert "secret" not in str(refused.value)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        Settings.load(accounts_file=tmp_path / "missing.toml")
