"""The Django app: client, commit, commands, checks and the fake client."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test.utils import override_settings

from zettai import InvalidMessage, LedgerUnavailable, SmsClient, State
from zettai.contrib.django import get_client, send_on_commit
from zettai.contrib.django.testing import fake_sms
from zettai.testing import FakeSmsClient

pytestmark = pytest.mark.usefixtures("django_project")

NO_ROUTES = "django.contrib.auth.urls"
"""The URLs of a project without delivery reports."""

AWAY = {"REDIS_URL": "redis://127.0.0.1:1"}


@pytest.fixture
def sms() -> Iterator[FakeSmsClient]:
    """Return the fake client, as in a user's fixture."""
    with fake_sms() as sms:
        yield sms


def _run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_project_sends_with_its_settings(redis_url: str) -> None:
    with override_settings(ZETTAI={"REDIS_URL": redis_url, "KEY_PREFIX": "shop"}):
        message = get_client().send("09012345678", "hello")
        assert get_client() is get_client()
        assert get_client().get(message.client_tag) == message

    with SmsClient.from_env() as elsewhere, override_settings(ZETTAI={"REDIS_URL": redis_url}):
        assert elsewhere is not get_client()
        assert get_client().get(message.client_tag) is None


def test_project_without_settings_uses_the_environment(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", redis_url)
    with override_settings(ZETTAI={}):
        assert get_client().send("09012345678", "hello").state is State.QUEUED


def test_commit_sends(sms: FakeSmsClient) -> None:
    with transaction.atomic():
        tag = send_on_commit("09012345678", "hello", lane="urgent", group=None)
        assert sms.outbox == []

    [sent] = sms.outbox
    assert (sent.client_tag, sent.body, sent.lane) == (tag, "hello", "urgent")


def test_rollback_sends_nothing(sms: FakeSmsClient) -> None:
    with transaction.atomic():
        send_on_commit("09012345678", "hello")
        transaction.set_rollback(True)
    with transaction.atomic():
        pass

    assert sms.outbox == []


def test_message_outside_a_transaction_is_sent_immediately(sms: FakeSmsClient) -> None:
    send_on_commit("09012345678", "hello")

    assert len(sms.outbox) == 1


@pytest.mark.parametrize(("to", "more"), [("0312345678", {}), ("09012345678", {"color": "red"})])
def test_invalid_message_is_rejected_before_the_commit(sms: FakeSmsClient, to: str, more: dict[str, Any]) -> None:
    with transaction.atomic(), pytest.raises(InvalidMessage):
        send_on_commit(to, "hello", **more)


def test_repeated_transaction_sends_once(sms: FakeSmsClient) -> None:
    for _ in range(2):
        with transaction.atomic():
            send_on_commit("09012345678", "hello", client_tag="order-1")

    assert [sent.client_tag for sent in sms.outbox] == ["order-1"]


@override_settings(ZETTAI=AWAY)
def test_error_after_the_commit_has_the_client_tag() -> None:
    with pytest.raises(LedgerUnavailable) as caught, transaction.atomic():
        tag = send_on_commit("09012345678", "hello")
    assert caught.value.client_tag == tag

    with transaction.atomic():
        send_on_commit("09012345678", "hello", robust=True)


def test_each_fake_has_its_own_outbox() -> None:
    with override_settings(ZETTAI={"EXPIRES_IN": "60"}):
        with fake_sms():
            get_client().send("09012345678", "hello")
        with fake_sms() as sms:
            assert sms.outbox == []
            get_client().send("09012345678", "hello")
            assert sms.outbox[0].expires_in.total_seconds() == 60
        assert type(get_client()) is SmsClient


def test_commands_send_and_show_a_message(sms: FakeSmsClient) -> None:
    assert _run("zettai_send", "09012345678", "hello", "--tag", "t", "--lane", "urgent") == "t queued\n"
    sms.move("t", "delivered", reason="statusId 2")

    lines = _run("zettai_status", "t").splitlines()
    assert [line.split("  ")[1:] for line in lines] == [["queued", "created"], ["delivered", "statusId 2"]]
    assert sms.outbox[0].lane == "urgent"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["zettai_send", "0312345678", "hello"], "to: "),
        (["zettai_status", "unknown"], "no message has the client tag 'unknown'"),
    ],
)
def test_commands_report_errors(sms: FakeSmsClient, words: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        _run(*words)


@pytest.mark.parametrize("words", [["zettai_send", "09012345678", "hello"], ["zettai_status", "t"]])
@override_settings(ZETTAI=AWAY)
def test_commands_report_that_redis_does_not_answer(words: list[str]) -> None:
    with pytest.raises(CommandError, match="the store in Redis did not answer"):
        _run(*words)


def test_project_check_reports_invalid_settings() -> None:
    with override_settings(ZETTAI={"REDIS_URL": "http://127.0.0.1"}), pytest.raises(CommandError) as caught:
        _run("check")
    assert "(zettai.E001) ZETTAI_REDIS_URL: must begin with one of redis://" in str(caught.value)

    with override_settings(ZETTAI={"REPORT_SECRET": "0123456789abcdef", "CLIENT_ID": "1234"}):
        assert "no issues" in _run("check")


def test_project_check_finds_a_reports_route_without_its_secret() -> None:
    with pytest.raises(CommandError) as caught:
        _run("check", "--fail-level=WARNING")

    assert "(zettai.W001) ZETTAI_REPORT_SECRET is not set, so the view" in str(caught.value)
    with override_settings(ROOT_URLCONF=NO_ROUTES):
        assert "no issues" in _run("check")
