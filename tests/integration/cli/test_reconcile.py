"""`zettai reconcile`."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from pydantic import SecretStr
from tests.integration.cli.helpers import PHONE, TOKEN, run, zettai
from tests.integration.cli.test_language import JAPANESE

from zettai import SmsClient, State
from zettai.core.times import now
from zettai_simulator import SimulatorProcess
from zettai_worker.provider import ProviderClient, SendRequest

SECOND = timedelta(seconds=1)


@pytest.fixture
def simulator(redis_settings: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatorProcess]:
    """Return the simulator that the command calls."""
    with SimulatorProcess(delivery_after=0) as simulator:
        monkeypatch.setenv("ZETTAI_API_URL", simulator.url)
        yield simulator


@pytest.fixture
def provider(simulator: SimulatorProcess) -> Iterator[ProviderClient]:
    """Send messages of another system through the account."""
    provider = ProviderClient(
        base_url=simulator.url,
        token=SecretStr(TOKEN),
        client_id="1234",
        sms_code="12345",
        connect_timeout=SECOND,
        read_timeout=SECOND,
    )
    yield provider
    provider.close()


def test_dry_run_shows_differences_and_changes_nothing(client: SmsClient, provider: ProviderClient) -> None:
    client.send(PHONE, "text", client_tag="ours")
    provider.send(SendRequest(PHONE, "text", "ours"))
    provider.send(SendRequest(PHONE, "text", "theirs"))

    result = zettai("reconcile", "--dry-run")

    assert result.exit_code == 1
    rows = {line.split()[0]: line for line in result.stdout.splitlines()}
    assert "queued" in rows["ours"]
    assert "delivered" in rows["ours"]
    assert "report" in rows["theirs"]
    assert "no state was changed" in result.stdout
    message = client.get("ours")
    assert message is not None
    assert message.state is State.QUEUED


def test_differences_are_japanese(client: SmsClient, provider: ProviderClient) -> None:
    client.send(PHONE, "text", client_tag="ours")
    provider.send(SendRequest(PHONE, "text", "ours"))
    provider.send(SendRequest(PHONE, "text", "theirs"))

    shown = run("reconcile", "--dry-run", **JAPANESE).stdout

    rows = {line.split()[0]: " ".join(line.split()) for line in shown.splitlines()}
    assert rows["ours"] == "ours queued 送信済み、statusId 2 delivered taken_unrecorded"
    assert rows["theirs"] == "theirs (不明) 送信済み、statusId 2 報告のみ unknown_here"


def test_reconcile_corrects_the_store(client: SmsClient, provider: ProviderClient) -> None:
    client.send(PHONE, "text", client_tag="ours")
    provider.send(SendRequest(PHONE, "text", "ours"))
    provider.send(SendRequest(PHONE, "text", "theirs"))

    result = zettai("reconcile", "--json")

    assert result.exit_code == 0
    shown = {line["client_tag"]: line["action"] for line in map(json.loads, result.stdout.splitlines())}
    assert shown == {"ours": "delivered", "theirs": "report"}
    message = client.get("ours")
    assert message is not None
    assert message.state is State.DELIVERED
    assert [json.loads(line)["client_tag"] for line in zettai("reconcile", "--json").stdout.splitlines()] == ["theirs"]


def test_single_day_is_compared(client: SmsClient, provider: ProviderClient) -> None:
    day = now() + timedelta(days=3)
    provider.send(SendRequest(PHONE, "text", "ahead", schedule_time=day))
    provider.send(SendRequest(PHONE, "text", "today"))

    result = zettai("reconcile", f"--day={day:%Y-%m-%d}", "--dry-run", "--json")

    assert [json.loads(line)["client_tag"] for line in result.stdout.splitlines()] == ["ahead"]


@pytest.mark.parametrize(("days", "asked"), [(-1, "status"), (1, "checkreservation")], ids=["behind", "ahead"])
def test_past_days_have_statuses_and_future_days_reservations(
    client: SmsClient, simulator: SimulatorProcess, days: int, asked: str
) -> None:
    day = now() + timedelta(days=days)

    assert zettai("reconcile", f"--day={day:%Y-%m-%d}").exit_code == 0

    assert set(simulator.stats()["calls"]) == {asked}


def test_no_differences_exit_with_0(client: SmsClient, simulator: SimulatorProcess) -> None:
    result = zettai("reconcile", "--dry-run")
    assert (result.exit_code, result.stdout) == (0, "no differences\n")


def test_unavailable_provider_exits_with_5(client: SmsClient, simulator: SimulatorProcess) -> None:
    simulator.set_faults({"kind": "unavailable", "endpoint": "*"})

    result = zettai("reconcile", "--dry-run")

    assert result.exit_code == 5
    assert "stopped before everything was compared" in result.stderr


def test_invalid_day_is_a_usage_error(client: SmsClient) -> None:
    assert zettai("reconcile", "--day=tomorrow").exit_code == 2
