"""Delivery reports of several accounts at one endpoint."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.delivery_reports.given import Receiver, as_json, counting, notification, receiving
from tests.support.accounts import SHOP, SHOP_CLIENT_ID, shop_store, write_accounts
from tests.support.store_helpers import accepted, state_of

from zettai import State


@pytest.fixture
def receiver(redis_url: str, tmp_path: Path) -> Iterator[Receiver]:
    with receiving(redis_url, accounts_file=write_accounts(tmp_path)) as receiver:
        yield receiver


def test_reports_of_one_request_reach_the_messages_of_each_account(receiver: Receiver) -> None:
    ours, other = accepted(receiver.store), accepted(shop_store(receiver.store), account=SHOP)
    reports = [notification(ours), notification(other, clientId=SHOP_CLIENT_ID)]

    with counting() as outcomes:
        assert receiver.post(as_json(*reports, *reports)) == 200

    assert outcomes == {"applied": 2, "repeated": 2}
    for store, tag in ((receiver.store, ours), (shop_store(receiver.store), other)):
        assert state_of(store, tag) is State.DELIVERED
        assert list(store.tags(state=State.DELIVERED)) == [tag]


def test_report_of_another_account_than_that_of_the_message_is_ignored(receiver: Receiver) -> None:
    ours, other = accepted(receiver.store), accepted(shop_store(receiver.store), account=SHOP)
    reports = [notification(ours, clientId=SHOP_CLIENT_ID), notification(other), notification(other, clientId="999")]

    with counting() as outcomes:
        assert receiver.post(as_json(*reports)) == 200

    assert outcomes == {"other_account": 3}
    assert {state_of(receiver.store, tag) for tag in (ours, other)} == {State.ACCEPTED}
