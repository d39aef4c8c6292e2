"""The overview: one account at a time, and the workers."""

from pathlib import Path

from tests.integration.console.given import OURS, Visitor, serving
from tests.integration.console.records import words_of
from tests.support.accounts import SHOP, shop_store, write_accounts
from tests.support.stack import eventually
from tests.support.store_helpers import MINUTE, new_message


def test_overview_shows_one_account_at_a_time_and_lists_all_messages(tmp_path: Path, redis_url: str) -> None:
    accounts = write_accounts(tmp_path)
    with serving(tmp_path / "log", redis_url, ACCOUNTS_FILE=str(accounts)) as console, console.visitor() as visitor:
        shop = shop_store(console.store)
        shop.create([new_message(client_tag="of-shop", account=SHOP, **OURS)])
        shop.suspend("Exceed sending count.", retry_in=MINUTE)
        of_default, of_shop = (visitor.get(f"/?account={name}") for name in ("default", SHOP))
        story = words_of(visitor.get("/message?tag=of-shop").text)

    assert 'href="/console/?account=shop" aria-current="page"' in of_shop.text
    assert "Sending is suspended" in words_of(of_shop.text)
    assert "Waiting 1" in words_of(of_shop.text)
    assert "Sending is suspended" not in words_of(of_default.text)
    assert "There is no message yet." in words_of(of_default.text)
    assert f"Account {SHOP}" in story


def test_unknown_account_is_not_found_and_a_single_one_has_no_switch(visitor: Visitor) -> None:
    assert visitor.get("/?account=other").status_code == 404
    assert '?account=default" aria-current' not in visitor.get("/").text


def test_overview_says_that_no_worker_answers(visitor: Visitor) -> None:
    eventually(
        lambda: "Not sending: no worker answers" in words_of(visitor.get("/").text), "the first ping has no answer"
    )
    assert "No process answers, so nothing is sent." in words_of(visitor.get("/").text)
