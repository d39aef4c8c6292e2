"""Trace contexts without a collector: what is kept, and what is imported."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from zettai.core.new_message import NewMessage
from zettai.core.tracing import checked_traceparent
from zettai.testing import FakeSmsClient

CONTEXT = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"

EXPORTER = """
import os, sys
from zettai.core.trace_export import start_trace_export
if "missing" in sys.argv:
    sys.modules["opentelemetry"] = None
start_trace_export("zettai-worker")()
print("opentelemetry.sdk" in sys.modules, os.environ.get("OTEL_SERVICE_NAME"))
"""

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "00-0123456789abcdef0123456789abcdef-0123456789abcdef",
        "00-00000000000000000000000000000000-0123456789abcdef-01",
        "00-0123456789abcdef0123456789abcdef-0000000000000000-01",
        "ff-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
        "00-0123456789ABCDEF0123456789ABCDEF-0123456789abcdef-01",
        f"{CONTEXT}\n",
    ],
)
def test_invalid_traceparent_is_ignored(header: str | None) -> None:
    assert checked_traceparent(header) is None


@pytest.mark.parametrize("without_opentelemetry", [False, True])
def test_given_context_is_recorded_where_no_sdk_runs(
    monkeypatch: pytest.MonkeyPatch, *, without_opentelemetry: bool
) -> None:
    pytest.importorskip("opentelemetry.trace")
    if without_opentelemetry:
        monkeypatch.delitem(sys.modules, "opentelemetry.trace")
    with FakeSmsClient() as client:
        message = client.record(client.new_message(to="09012345678", body="x", traceparent=CONTEXT))
    assert message.traceparent == CONTEXT


def test_saved_message_keeps_its_context() -> None:
    new = NewMessage.validated(to="09012345678", body="x", expires_in=timedelta(hours=1), traceparent=CONTEXT)
    assert NewMessage.restored(new.saved()).traceparent == CONTEXT


@pytest.mark.parametrize(
    ("variables", "imports", "service"),
    [
        ({}, False, "None"),
        ({**ENDPOINT, "OTEL_SDK_DISABLED": "true"}, False, "None"),
        ({**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"}, False, "None"),
        (ENDPOINT, True, "zettai-worker"),
        ({**ENDPOINT, "OTEL_SERVICE_NAME": "shop-sms"}, True, "shop-sms"),
    ],
)
def test_sdk_is_imported_only_if_a_variable_asks_for_it(
    variables: dict[str, str], *, imports: bool, service: str
) -> None:
    assert _start_export(variables).stdout.split() == [str(imports), service]


def test_missing_extra_is_a_warning() -> None:
    ended = _start_export(ENDPOINT, "missing")
    assert ended.stdout.split() == ["False", "None"]
    assert "tracing_unavailable action=install zettai-sms[otel]" in ended.stderr


def _start_export(variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", EXPORTER, *arguments],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
