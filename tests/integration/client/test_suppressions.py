"""`SmsClient.suppressions`, and the same in the fake client."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from zettai import InvalidMessage, LedgerUnavailable, Settings, SettingsError, SmsClient
from zettai.testing import FakeSmsClient

NUMBER = "09012345678"
KEY = "a key of suppressions, for tests only"


@pytest.fixture(params=["real", "fake"])
def client(request: pytest.FixtureRequest, redis_url: str) -> Iterator[SmsClient]:
    settings = Settings.load(redis_url=redis_url, suppression_key=KEY)
    with SmsClient(settings) if request.param == "real" else FakeSmsClient() as client:
        yield client


def test_suppressed_number_gets_no_message_until_it_is_removed(client: SmsClient) -> None:
    assert client.suppressions.add("090-1234-5678", source="web-form")
    assert not client.suppressions.add("+819012345678")
    found = client.suppressions.get(NUMBER)
    assert found is not None
    assert [(one.scope, one.source) for one in found.scopes] == [("all", "web-form")]

    assert client.send(NUMBER, "never").is_suppressed
    results = client.send_many([{"to": NUMBER, "body": "x"}, {"to": "09012345679", "body": "x"}])
    assert [result.suppressed for result in results] == [True, False]

    assert client.suppressions.remove(NUMBER)
    assert not client.suppressions.remove(NUMBER)
    assert client.suppressions.get(NUMBER) is None
    assert not client.send(NUMBER, "again").is_suppressed


def test_suppressed_message_is_not_in_the_outbox_of_the_fake_client() -> None:
    with FakeSmsClient() as client:
        client.suppressions.add(NUMBER)
        client.send(NUMBER, "never", client_tag="t")
        assert client.send(NUMBER, "never", client_tag="t").is_suppressed

        assert client.outbox == []


def test_category_passes_the_scopes_of_other_categories(client: SmsClient) -> None:
    client.suppressions.add(NUMBER, "marketing")

    assert client.send(NUMBER, "x", category="marketing").is_suppressed
    assert client.send(NUMBER, "x").is_suppressed
    passing = client.send(NUMBER, "x", category="transactional", client_tag="t")
    assert not passing.is_suppressed
    assert client.send(NUMBER, "x", category="marketing", client_tag="t").category == "transactional"


def test_removal_of_a_scope_keeps_the_others(client: SmsClient) -> None:
    client.suppressions.add(NUMBER)
    client.suppressions.add(NUMBER, "marketing")

    assert client.suppressions.remove(NUMBER, "all")
    assert not client.suppressions.remove(NUMBER, "all")

    assert not client.send(NUMBER, "x", category="transactional").is_suppressed


def test_many_numbers_have_a_result_each(client: SmsClient) -> None:
    items = [NUMBER, "0312345678", {"number": "09012345679", "scope": "marketing"}, NUMBER, {"tel": "x"}, 7]

    results = list(client.suppressions.add_many(items, source="import"))  # type: ignore[arg-type]

    assert [result.added for result in results] == [True, False, True, False, False, False]
    assert [result.error.field if result.error else None for result in results] == [
        None,
        "number",
        None,
        None,
        "number",
        "number",
    ]
    assert client.suppressions.count() == 2
    assert {one.source for one in client.suppressions.export()} == {"import"}


@pytest.mark.parametrize("items", [5, NUMBER])
def test_numbers_that_are_no_list_are_refused(client: SmsClient, items: Any) -> None:
    with pytest.raises(InvalidMessage, match=r"^items: must be a list or another iterable, and not a text$"):
        list(client.suppressions.add_many(items))


@pytest.mark.parametrize("numbers", [[NUMBER], [None]])
def test_only_what_was_exported_is_restored(client: SmsClient, numbers: Any) -> None:
    client.suppressions.add(NUMBER)
    exported = list(client.suppressions.export())
    client.suppressions.clear()

    with pytest.raises(InvalidMessage, match=r"^numbers: must be what export yielded$"):
        client.suppressions.restore(exported + numbers)

    assert client.suppressions.count() == 0


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("0312345678",), "number"),
        ((NUMBER, ""), "scope"),
        ((NUMBER, "no blanks"), "scope"),
        ((NUMBER, "x" * 41), "scope"),
        ((NUMBER, "a:b"), "scope"),
        ((NUMBER, None), "scope"),
    ],
)
def test_invalid_argument_is_refused_and_changes_nothing(
    client: SmsClient, arguments: tuple[str, ...], field: str
) -> None:
    with pytest.raises(InvalidMessage) as caught:
        client.suppressions.add(*arguments)

    assert caught.value.field == field
    assert client.suppressions.count() == 0


@pytest.mark.parametrize("category", ["", "all", "no blanks", "x" * 41, "特"])
def test_invalid_category_is_refused(client: SmsClient, category: str) -> None:
    with pytest.raises(InvalidMessage, match="category"):
        client.send(NUMBER, "x", category=category)


def test_client_without_a_key_keeps_no_list(redis_url: str) -> None:
    with SmsClient(Settings.load(redis_url=redis_url)) as client:
        with pytest.raises(SettingsError, match="ZETTAI_SUPPRESSION_KEY"):
            client.suppressions.add(NUMBER)
        assert not client.send(NUMBER, "x").is_suppressed


def test_short_key_is_refused_and_not_shown() -> None:
    with pytest.raises(SettingsError, match="at least 32 characters") as caught:
        Settings.load(suppression_key="too-short-key")

    assert "too-short-key" not in str(caught.value)
    assert KEY not in repr(Settings.load(suppression_key=KEY))


def test_empty_key_means_that_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As Compose and systemd give a variable or a file that was not filled."""
    monkeypatch.setenv("ZETTAI_SUPPRESSION_KEY", "")
    assert Settings.load().secret_keys().suppressions is None
    (file := tmp_path / "key").write_text("\n")
    monkeypatch.setenv("ZETTAI_SUPPRESSION_KEY_FILE", str(file))
    assert Settings.load().secret_keys().suppressions is None
    file.write_text(f"{KEY}\n")
    assert Settings.load().secret_keys().suppressions is not None


def test_redis_that_does_not_answer_is_reported() -> None:
    settings = Settings.load(redis_url="redis://127.0.0.1:1", suppression_key=KEY, client_timeout=0.5)
    with SmsClient(settings) as client, pytest.raises(LedgerUnavailable):
        client.suppressions.add(NUMBER)
