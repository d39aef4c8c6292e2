"""What the integrations share: their settings, and one client per process."""

import doctest
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

import zettai.console
from zettai import SettingsError, SmsClient
from zettai.console import ConsoleSmsClient
from zettai.contrib.framework import FrameworkSettings, PerProcess
from zettai.testing import FakeSmsClient

PROBE = """
import sys, zettai, zettai.contrib.framework
print({"zettai.contrib.django", "flask", "fastapi", "starlette"} & {*sys.modules})  # Celery imports Django by itself
"""

WITHOUT_EXTRAS = """
import sys
sys.modules.update(dict.fromkeys(["zettai_worker", "requests", "limits", "prometheus_client", "uvicorn"]))
import zettai.contrib.fastapi, zettai.contrib.flask, zettai.contrib.django.views, zettai.contrib.django.testing
"""


def test_library_imports_no_framework() -> None:
    ran = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)

    assert ran.stdout == "set()\n"


def test_integration_needs_no_other_extra() -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", WITHOUT_EXTRAS], check=True)


def test_configuration_takes_precedence_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZETTAI_KEY_PREFIX", "environment")
    monkeypatch.setenv("ZETTAI_CLIENT_ID", "1")

    found = FrameworkSettings.of({"KEY_PREFIX": "configured"})

    assert (found.key_prefix, found.client_id) == ("configured", "1")


def test_unknown_setting_is_rejected() -> None:
    with pytest.raises(SettingsError, match=r"^ZETTAI_REDIS: no such setting of a web app; there are .*REDIS_URL, "):
        FrameworkSettings.of({"REDIS": "redis://127.0.0.1"})


@pytest.mark.parametrize("secret", ["short", "with/slash/in/the/middle", "with blank in the middle", "ü" * 16])
def test_weak_secret_is_rejected(secret: str) -> None:
    with pytest.raises(SettingsError, match="ZETTAI_REPORT_SECRET: must be at least 16") as caught:
        FrameworkSettings.of({"REPORT_SECRET": secret})

    assert secret not in str(caught.value)


def test_report_secret_requires_a_client_id() -> None:
    with pytest.raises(SettingsError, match=r"^ZETTAI_CLIENT_ID: must be set with ZETTAI_REPORT_SECRET"):
        FrameworkSettings.of({"REPORT_SECRET": "0123456789abcdef"})


@pytest.mark.parametrize(
    ("backend", "kind"),
    [
        ("zettai.SmsClient", SmsClient),
        ("zettai.testing.FakeSmsClient", FakeSmsClient),
        ("zettai.console:ConsoleSmsClient", ConsoleSmsClient),
        (FakeSmsClient, FakeSmsClient),
    ],
)
def test_backend_is_a_class_or_its_path(backend: object, kind: type[SmsClient]) -> None:
    with FrameworkSettings.of({"BACKEND": backend}).build_client() as client:
        assert type(client) is kind


def test_backend_can_be_set_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZETTAI_BACKEND", "zettai.console.ConsoleSmsClient")

    assert type(FrameworkSettings.of({}).build_client()) is ConsoleSmsClient


@pytest.mark.parametrize("backend", ["zettai.testing.Fake", "no.such.module", "", 4711])
def test_invalid_backend_is_rejected(backend: object) -> None:
    with pytest.raises(SettingsError, match=r"^ZETTAI_BACKEND: [^\n]+$"):
        FrameworkSettings.of({"BACKEND": backend})


def test_threads_share_a_client() -> None:
    together = Barrier(8)

    def build() -> FakeSmsClient:
        together.wait(timeout=60)
        return FakeSmsClient()

    one = PerProcess(build)
    with ThreadPoolExecutor(8) as pool:
        found = [task.result() for task in [pool.submit(one.get) for _ in range(8)]]

    assert {id(client) for client in found} == {id(one.get())}


def test_forked_process_builds_its_own_client(monkeypatch: pytest.MonkeyPatch) -> None:
    one = PerProcess(FakeSmsClient)
    parents = one.get()

    monkeypatch.setattr(os, "getpid", lambda: 4711)
    assert one.get() is not parents
    monkeypatch.undo()

    assert one.get() is parents


def test_closed_client_is_built_again() -> None:
    one = PerProcess(FakeSmsClient)
    one.close()
    first = one.get()
    one.close()

    assert one.get() is not first


def test_console_client_prints_messages(capsys: pytest.CaptureFixture[str]) -> None:
    client = ConsoleSmsClient()
    for _ in range(2):
        client.send("09012345678", "Your code is 123456\nBye", client_tag="login-1", lane="urgent")
    with pytest.raises(ValueError, match=r"^to: "):
        client.send("0312345678", "to a landline")

    assert capsys.readouterr().out == "SMS to +819012345678, urgent, login-1:\n    Your code is 123456\n    Bye\n"


def test_example_in_the_docstring_runs() -> None:
    assert doctest.testmod(zettai.console).failed == 0


def test_outbox_can_be_cleared() -> None:
    client = FakeSmsClient()
    client.send("09012345678", "one", client_tag="t")
    client.clear()

    assert (client.outbox, client.get("t")) == ([], None)
    client.send("09012345678", "two", client_tag="t")
