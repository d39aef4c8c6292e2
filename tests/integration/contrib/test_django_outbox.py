"""The outbox for Django: the table, the delivery and the admin page."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.test.utils import override_settings
from structlog.testing import capture_logs

from zettai import InvalidMessage, SmsClient, State
from zettai.contrib.django import get_client
from zettai.contrib.django.outbox import enqueue
from zettai.contrib.django.testing import fake_sms
from zettai.core.new_message import NewMessage
from zettai_demo.stack import RedisServer

TO = "09012345678"

AWAY = {"REDIS_URL": "redis://127.0.0.1:1"}


def _table() -> Any:
    """Return the rows. Models can be imported only in a project."""
    from zettai.contrib.django.outbox.models import OutboxMessage  # noqa: PLC0415

    return OutboxMessage.objects


def relay() -> bool:
    from zettai.contrib.django.outbox import delivery  # noqa: PLC0415

    return delivery.relay()


def deliver(rows: list[Any]) -> int:
    from zettai.contrib.django.outbox import delivery  # noqa: PLC0415

    return delivery.deliver(rows)


@pytest.fixture(scope="module")
def _tables(django_project: None) -> None:
    call_command("migrate", verbosity=0)


@pytest.fixture(autouse=True)
def _empty(_tables: None) -> Iterator[None]:
    _table().all().delete()
    yield
    _table().all().delete()


@pytest.fixture
def client(redis_url: str) -> Iterator[SmsClient]:
    with override_settings(ZETTAI={"REDIS_URL": redis_url}):
        yield get_client()


@contextmanager
def _away() -> Iterator[None]:
    """Let commits happen while Redis does not answer."""
    with override_settings(ZETTAI=AWAY), capture_logs():
        yield


def test_commit_sends_and_deletes_the_row(client: SmsClient) -> None:
    with transaction.atomic():
        tag = enqueue(TO, "hello", lane="urgent", group="g", metadata={"order": "1"}, carrier="au")
        assert client.get(tag) is None

    message = client.get(tag)
    assert message is not None
    assert (message.lane, message.group, message.metadata, message.carrier) == ("urgent", "g", {"order": "1"}, "au")
    assert not _table().exists()


def test_rollback_sends_nothing(client: SmsClient) -> None:
    with transaction.atomic():
        tag = enqueue(TO, "hello")
        transaction.set_rollback(True)
    relay()

    assert client.get(tag) is None


def test_invalid_message_is_refused_before_the_commit(client: SmsClient) -> None:
    with pytest.raises(InvalidMessage):
        enqueue("0312345678", "hello")

    assert not _table().exists()


def test_second_row_with_the_same_tag_is_refused(client: SmsClient) -> None:
    with transaction.atomic():
        enqueue(TO, "hello", client_tag="t")
        with pytest.raises(IntegrityError), transaction.atomic():
            enqueue(TO, "hello", client_tag="t")


def test_fake_client_gets_the_message() -> None:
    with fake_sms() as sms:
        enqueue(TO, "hello")
        assert [sent.body for sent in sms.outbox] == ["hello"]

    assert not _table().exists()


def test_row_waits_while_redis_is_away(client: SmsClient) -> None:
    with override_settings(ZETTAI=AWAY), capture_logs() as logs:
        tag = enqueue(TO, "hello")
        assert not relay()
    assert [(line["event"], line["log_level"], line["error"]) for line in logs] == [
        ("outbox_waits", "warning", "LedgerUnavailable")
    ] * 2
    assert "hello" not in str(logs)

    assert relay()
    assert get_client().get(tag) is not None
    assert not _table().exists()


def test_redis_that_cannot_confirm_the_disk_is_no_outage(tmp_path: Path) -> None:
    with (
        RedisServer(tmp_path, appendonly="no") as redis,
        override_settings(ZETTAI={"REDIS_URL": redis.url}),
        capture_logs() as logs,
    ):
        enqueue(TO, "hello")

        [line] = logs
        assert (line["event"], line["log_level"], line["error"]) == ("outbox_blocked", "error", "DurabilityUnavailable")
        assert "appendonly" in line["reason"]
    assert _table().get().problem == ""


def test_message_that_can_never_be_sent_is_marked_and_logged_once(client: SmsClient) -> None:
    client.send(TO, "another text", client_tag="t")
    with capture_logs() as logs:
        enqueue(TO, "hello", client_tag="t")
        enqueue(TO, "hello", client_tag="next")
        assert relay()

    assert [(line["event"], line["log_level"], line["client_tag"]) for line in logs] == [
        ("outbox_message_never_sent", "error", "t")
    ]
    assert "is already used for another message" in _table().get().problem
    assert client.get("next") is not None


def test_refused_message_does_not_stop_the_others(redis_url: str) -> None:
    with _away():
        tags = [enqueue(TO, f"text {number}", lane="urgent") for number in range(3)]
    limited = {"REDIS_URL": redis_url, "URGENT_PER_NUMBER": "2/day"}
    with override_settings(ZETTAI=limited), capture_logs() as logs:
        assert not relay()
        assert [get_client().get(tag) is not None for tag in tags] == [True, True, False]

    assert [(line["event"], line["error"]) for line in logs] == [("outbox_blocked", "RateExceeded")]
    assert _table().get().problem == ""


def test_most_urgent_rows_are_sent_first() -> None:
    with _away():
        for lane in ("normal", "bulk", "urgent", "normal"):
            enqueue(TO, lane, lane=lane)
    with fake_sms() as sms:
        relay()

    assert [sent.body for sent in sms.outbox] == ["urgent", "normal", "normal", "bulk"]


def test_message_whose_time_has_passed_is_due_at_once(client: SmsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    with _away():
        tag = enqueue(TO, "hello", send_at=at, expires_in=timedelta(hours=3))
    row = _table().get()
    before = row.restored()
    row.message["send_at"] = (before.send_at - timedelta(hours=2)).isoformat() if before.send_at else ""
    row.save()

    relay()

    message = client.get(tag)
    assert message is not None
    assert message.state is State.QUEUED
    assert message.expires_at == row.send_at + timedelta(hours=3)


def test_expiry_counts_from_the_commit(client: SmsClient) -> None:
    with _away():
        tags = [enqueue(TO, "hello", expires_in=timedelta(hours=1)), enqueue(TO, "hello", expires_in=timedelta(days=1))]
    for row in _table().all():
        row.message["saved_at"] = (row.saved_at - timedelta(hours=2)).isoformat()
        row.save()

    relay()

    expired, late = (client.get(tag) for tag in tags)
    assert expired is not None
    assert late is not None
    assert expired.expires_at - expired.created_at < timedelta(seconds=1)
    assert timedelta(hours=21) < late.expires_at - late.created_at < timedelta(hours=22)


def test_saved_message_is_restored() -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    given: dict[str, Any] = {"carrier": "docomo", "sender": "12345", "metadata": {"a": "1"}, "category": "x"}
    message = NewMessage.validated(
        to=TO, body="hello", send_at=at, expires_in=timedelta(minutes=5), lane="bulk", created_by="shop", **given
    )

    assert NewMessage.restored(message.saved()) == message
    assert NewMessage.restored(message.saved()).content == message.content


def test_rows_of_another_relay_are_left_alone(client: SmsClient) -> None:
    with _away():
        enqueue(TO, "hello", client_tag="t")
    rows = list(_table().all())

    assert deliver(rows) == 0
    assert deliver(rows) == 0  # the other one read them before
    assert len(list(client.list())) == 1


def test_command_exits_with_1_while_messages_wait(client: SmsClient) -> None:
    with _away():
        enqueue(TO, "hello")
        with pytest.raises(SystemExit, match="1"):
            call_command("zettai_outbox", "--once")
    with pytest.raises(SystemExit, match="0"):
        call_command("zettai_outbox", "--once")


def test_admin_page_masks_numbers_and_hides_texts(client: SmsClient) -> None:
    client.send(TO, "another text", client_tag="taken")
    with capture_logs():
        enqueue(TO, "a secret text", client_tag="taken", send_at=None)
    row = _table().get()
    browser = Client()
    browser.force_login(get_user_model().objects.create_superuser("admin"))

    pages = [browser.get(f"/admin/zettai_outbox/outboxmessage/{page}") for page in ("", f"{row.pk}/change/")]
    for page in pages:
        text = page.content.decode()
        assert page.status_code == 200
        assert "taken" in text
        assert "+81********78" in text
        assert "12345678" not in text
        assert "a secret text" not in text
    assert browser.get("/admin/zettai_outbox/outboxmessage/add/").status_code == 403

    chosen = {"action": "try_again", "_selected_action": [row.pk]}
    assert browser.post("/admin/zettai_outbox/outboxmessage/", chosen, follow=True).status_code == 200
    assert _table().get().problem == ""


def test_migrations_are_complete() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
