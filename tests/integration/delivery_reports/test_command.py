"""The process of `zettai receive-reports`."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from tests.integration.delivery_reports.given import NUMBER, PATH, Receiver, as_json, notification
from tests.support.servers import free_port
from tests.support.stack import eventually
from tests.support.store_helpers import accepted, claim_one, new_message

from zettai.core.states import State
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.gateway.settings import GatewaySettings

COMMAND = str(Path(sys.executable).with_name("zettai"))


def environment(redis_url: str, **more: str) -> dict[str, str]:
    """Return the required settings. A token is not one of them."""
    settings = {"REDIS_URL": redis_url, "CLIENT_ID": "1234", "REPORT_PATH": PATH, **more}
    return {f"ZETTAI_{name}": value for name, value in settings.items()}


@contextmanager
def running(log: Path, redis_url: str, **more: str) -> Iterator[tuple[subprocess.Popen[bytes], Receiver]]:
    """Run the command, and wait until it answers."""
    port = free_port()
    settings = environment(redis_url, GATEWAY_PORT=str(port), **more)
    store = WorkerStore(connect(redis_url), Keys("zettai"))
    with log.open("wb") as file:
        process = subprocess.Popen([COMMAND, "receive-reports", "--json"], env=os.environ | settings, stderr=file)
    receiver = Receiver(port, store)
    try:
        _wait_for(receiver)
        yield process, receiver
    finally:
        process.kill()
        process.wait()
        store.close()


def _wait_for(receiver: Receiver) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            assert receiver.post(b"", method="GET", path="/healthz") == 200
        except ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


def ran(**settings: str) -> tuple[int, str]:
    """Run the command until it exits. Return the exit code and stderr."""
    ended = subprocess.run(
        [COMMAND, "receive-reports"],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.stdout == ""
    return ended.returncode, ended.stderr


def test_command_receives_reports_without_a_token(redis_url: str, tmp_path: Path) -> None:
    with running(tmp_path / "log", redis_url) as (_, receiver):
        tag = accepted(receiver.store)
        assert receiver.post(as_json(notification(tag))) == 200
        assert receiver.store.get([tag])[0].state is State.DELIVERED  # type: ignore[union-attr]


def test_command_finishes_its_requests_after_sigterm(redis_url: str, tmp_path: Path) -> None:
    with running(tmp_path / "log", redis_url) as (process, receiver), receiver.connected() as connection:
        tag = accepted(receiver.store)
        body = as_json(notification(tag))
        connection.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        connection.sendall(body)
        answer = connection.recv(1000)

        assert answer.startswith(b"HTTP/1.1 200 ")
        assert process.wait(60) == 0
        assert receiver.store.get([tag])[0].state is State.DELIVERED  # type: ignore[union-attr]


def test_command_logs_no_secrets(redis_url: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with running(log, redis_url, LOG_LEVEL="DEBUG", REPORT_ALLOW="127.0.0.1") as (_, receiver):
        one = new_message(body="my secret text")
        receiver.store.create([one])
        claim_one(receiver.store, one.client_tag)
        report = notification(one.client_tag, messageText="my secret text")
        for row in (report | {"phoneNumber": "+818087654321"}, report | {"clientId": "9"}, report, report):
            receiver.post(as_json(row))
        receiver.post(b"json=my secret text")
        receiver.post(b"", method="GET")
        receiver.post(as_json(report), path=PATH + "x")
        receiver.talk(f"POST {PATH} HTTP/9\r\n\r\n".encode())

    text = log.read_text()
    assert '"event": "report_applied"' in text
    assert text.count("report_ignored") == 2
    for secret in (PATH, PATH.strip("/"), "0123456789abcdef", NUMBER[3:], "8087654321", "my secret text"):
        assert secret not in text


def test_command_serves_metrics(redis_url: str, tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path / "log", redis_url, METRICS_PORT=str(port)) as (_, receiver):
        receiver.post(as_json(notification("nobody")))
        # An answer is counted after it was written, so the client may have it before.
        counted = 'zettai_report_answer_seconds_count{status="200"} 1.0'
        eventually(lambda: counted in _metrics(port), "the answer is counted")
        text = _metrics(port)

    assert 'zettai_reports_total{outcome="unknown_tag"} 1.0' in text
    assert PATH not in text


@pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2"])
def test_metrics_are_served_on_loopback_unless_another_address_is_set(redis_url: str, tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path / "default", redis_url, METRICS_PORT=str(port)):
        assert "python_info" in _metrics(port)
        with pytest.raises(ConnectionRefusedError):
            _metrics(port, "127.0.0.2")
    with running(tmp_path / "all", redis_url, METRICS_PORT=str(port), METRICS_HOST="0.0.0.0"):  # noqa: S104
        assert "python_info" in _metrics(port, "127.0.0.2")


def _metrics(port: int, address: str = "127.0.0.1") -> str:
    connection = HTTPConnection(address, port, timeout=60)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REPORT_PATH", ""),
        ("REPORT_PATH", "/short"),
        ("REPORT_PATH", "/0123456789abcdef/"),
        ("REPORT_PATH", "/0123456789abcdef?a=b"),
        ("REPORT_PATH", "/0123456789äbcdef"),
        ("GATEWAY_PORT", "0"),
        ("GATEWAY_PORT", "99999"),
        ("REPORT_ALLOW", "example.com"),
        ("REPORT_ALLOW", "192.0.2.1,"),
        ("REPORT_PROXIES", "*"),
    ],
)
def test_invalid_setting_is_named(name: str, value: str) -> None:
    code, words = ran(**environment("redis://127.0.0.1:1", **{name: value}))

    assert (code, len(words.splitlines())) == (3, 1)
    assert words.startswith(f"zettai: ZETTAI_{name}: ")
    assert value not in words.removeprefix(f"zettai: ZETTAI_{name}: ") or value in {"", "0", "*"}


@pytest.mark.parametrize("name", ["ZETTAI_REPORT_PATH", "ZETTAI_CLIENT_ID"])
def test_missing_setting_is_named(name: str) -> None:
    settings = environment("redis://127.0.0.1:1")
    del settings[name]

    assert ran(**settings) == (3, f"zettai: {name}: must be set\n")


def test_port_in_use_is_reported(redis_url: str, tmp_path: Path) -> None:
    with running(tmp_path / "log", redis_url) as (_, receiver):
        code, words = ran(**environment(redis_url, GATEWAY_PORT=str(receiver.port)))

    assert (code, len(words.splitlines())) == (1, 1)
    assert words.startswith(f"zettai: cannot listen on port {receiver.port}: Address already in use")


def test_path_is_hidden_from_repr(redis_url: str) -> None:
    settings = GatewaySettings.load(client_id="1", report_path=PATH)

    assert PATH not in repr(settings)
    assert "0123456789abcdef" not in repr(settings)
