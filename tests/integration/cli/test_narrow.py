"""Listings at a terminal of 80 columns, in English and in Japanese."""

import gettext
from datetime import timedelta

import pytest
from pydantic import SecretStr
from rich.cells import cell_len
from tests.integration.cli.helpers import PHONE, TOKEN, zettai
from tests.integration.cli.test_top import create_in_state

from zettai import SmsClient, State
from zettai.core.store import WorkerStore
from zettai_cli.shared import language, output
from zettai_simulator import SimulatorProcess
from zettai_worker.provider import ProviderClient, SendRequest

COLUMNS = 80

TAG = "order-2026-11-27-0123456789abcdef-0123456789abcdef"

SECOND = timedelta(seconds=1)


@pytest.fixture(params=["en", "ja"], autouse=True)
def narrow(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands of this process print 80 columns, in a language."""
    catalog = gettext.translation(language.DOMAIN, language.FOLDER, [request.param], fallback=request.param == "en")
    monkeypatch.setattr(language, "_catalog", lambda: catalog)
    monkeypatch.setattr(output, "WIDTH_WITHOUT_TERMINAL", COLUMNS)


def check(shown: str) -> None:
    """Check that no line is too long, and that the tag can be copied."""
    assert [line for line in shown.splitlines() if cell_len(line.rstrip()) > COLUMNS] == []
    assert TAG in shown


@pytest.mark.parametrize("state", [State.REJECTED, State.DELIVERY_UNKNOWN])
def test_preview_of_requeue(store: WorkerStore, state: State) -> None:
    create_in_state(store, TAG, state, "110 Invalid message.")

    check(zettai("requeue", TAG, "--body=text", input="n\n").stdout)


def test_audit_log(client: SmsClient) -> None:
    client.send(PHONE, "text", client_tag=TAG, group="autumn-sale-osaka-2026")
    zettai("cancel", TAG)
    zettai("cancel-group", "autumn-sale-osaka-2026", "--yes")

    check(zettai("audit").stdout)


@pytest.mark.usefixtures("redis_settings")
def test_lowered_limit_on_the_screen() -> None:
    zettai("limiter", "set", "100/second")

    shown = zettai("top", "--once").stdout

    assert [line for line in shown.splitlines() if cell_len(line.rstrip()) > COLUMNS] == []
    assert "600/second" in shown
    assert "limiter set" in shown
    assert "…" not in shown


@pytest.mark.parametrize("length", [50, 200])
@pytest.mark.usefixtures("redis_settings")
def test_path_in_the_report_of_doctor(monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    path = "/srv/" + "x" * length
    monkeypatch.delenv("ZETTAI_TOKEN")
    monkeypatch.setenv("ZETTAI_TOKEN_FILE", path)
    monkeypatch.setattr("zettai_worker.worker_pings.PING_TIMEOUT", 0.1)

    shown = zettai("doctor").stdout.splitlines()

    assert [line for line in shown if path in line] != []
    assert [line for line in shown if cell_len(line) > COLUMNS] == [path] * (length > COLUMNS)
    assert [line for line in shown if "no beat is running" in line or "beat が動いていません" in line] != []


def test_differences_of_reconcile(client: SmsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.send(PHONE, "text", client_tag=TAG)
    with SimulatorProcess(delivery_after=0) as simulator:
        monkeypatch.setenv("ZETTAI_API_URL", simulator.url)
        provider = ProviderClient(
            base_url=simulator.url,
            token=SecretStr(TOKEN),
            client_id="1234",
            sms_code="12345",
            connect_timeout=SECOND,
            read_timeout=SECOND,
        )
        provider.send(SendRequest(PHONE, "text", TAG))
        provider.send(SendRequest(PHONE, "text", "theirs"))
        provider.close()

        check(zettai("reconcile", "--dry-run").stdout)
        check(zettai("reconcile").stdout)
