"""Delivery reports: pushed when a message has a final status, and repeated when refused."""

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any
from urllib.parse import parse_qs

import pytest

from zettai_simulator import SimulatorProcess

Call = Callable[..., dict[str, Any]]

PATIENCE = 60


class Receiver:
    """Keeps reports; it answers 500 to the first `refuse` ones."""

    def __init__(self) -> None:
        self.forms: list[dict[str, list[str]]] = []
        self.refuse = 0
        self._changed = Condition()

    def take(self, form: dict[str, list[str]]) -> int:
        """Keep a report, and return the HTTP status of the answer."""
        with self._changed:
            self.forms.append(form)
            self._changed.notify_all()
            return 500 if len(self.forms) <= self.refuse else 204

    def wait_for(self, count: int) -> list[dict[str, list[str]]]:
        """Return all reports, once there are so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.forms) >= count, PATIENCE)
            return list(self.forms)


@pytest.fixture
def receiver() -> Receiver:
    """Keeps the reports of the test."""
    return Receiver()


@pytest.fixture
def report_url(receiver: Receiver) -> Iterator[str]:
    """The URL of the receiver."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.take(parse_qs(body.decode())))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/reports"
        server.shutdown()
        thread.join()


@pytest.fixture
def reporting(simulate: Callable[..., SimulatorProcess], report_url: str) -> Callable[..., SimulatorProcess]:
    """Start simulators that report quickly to the receiver."""

    def start(**flags: Any) -> SimulatorProcess:
        return simulate(**{"report_url": report_url, "delivery_after": 0.05, "report_pause": 0.05, **flags})

    return start


def settled(simulator: SimulatorProcess, key: str, count: int) -> dict[str, int]:
    """Return the counts of reports, once one of them has a value."""
    deadline = time.monotonic() + PATIENCE
    while (counts := simulator.stats()["reports"])[key] < count:
        assert time.monotonic() < deadline, counts
        time.sleep(0.02)
    return dict(counts)


def test_report_has_the_final_status(
    reporting: Callable[..., SimulatorProcess], receiver: Receiver, send: Call
) -> None:
    send(reporting(), clientTag="t", phoneNumber="09012340732", message="終わり")

    (form,) = receiver.wait_for(1)
    (report,) = json.loads(form["json"][0])["eventNotifications"]

    assert report.pop("dateTime")[4::3][:1] == "/"
    assert report == {
        "type": "DLR",
        "messageId": "000000000000",
        "phoneNumber": "+819012340732",
        "smsCode": 12345,
        "carrierId": "103",
        "carrierName": "docomo",
        "messageText": "終わり",
        "clientId": "1234",
        "clientTag": "t",
        "statusId": "3",
        "statusDescription": "Failed",
        "detailedStatusId": "31732",
        "separatedSuccessCount": 0,
    }


def test_only_messages_with_a_client_tag_are_reported(
    reporting: Callable[..., SimulatorProcess], receiver: Receiver, send: Call
) -> None:
    simulator = reporting()
    send(simulator)
    send(simulator, clientTag="t")

    assert '"clientTag": "t"' in receiver.wait_for(1)[0]["json"][0]
    assert settled(simulator, "delivered", 1)["pushed"] == 1


def test_refused_report_is_repeated(reporting: Callable[..., SimulatorProcess], receiver: Receiver, send: Call) -> None:
    receiver.refuse = 2
    simulator = reporting()
    send(simulator, clientTag="t")

    counts = settled(simulator, "delivered", 1)

    assert counts == {"pushed": 3, "delivered": 1, "given_up": 0}


def test_report_is_given_up_after_four_attempts(
    reporting: Callable[..., SimulatorProcess], receiver: Receiver, send: Call
) -> None:
    receiver.refuse = 100
    simulator = reporting()
    send(simulator, clientTag="t")

    assert settled(simulator, "given_up", 1) == {"pushed": 4, "delivered": 0, "given_up": 1}


def test_report_to_a_closed_port_is_given_up(
    simulate: Callable[..., SimulatorProcess], send: Call, unused_port: int
) -> None:
    simulator = simulate(report_url=f"http://127.0.0.1:{unused_port}", delivery_after=0, report_pause=0)
    send(simulator, clientTag="t")

    assert settled(simulator, "given_up", 1)["pushed"] == 4


@pytest.fixture
def unused_port() -> int:
    """A port that no process listens on."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return server.server_port


def test_reservation_is_reported_after_it_was_sent(
    reporting: Callable[..., SimulatorProcess], receiver: Receiver, send: Call
) -> None:
    simulator = reporting()
    for tag in ("kept", "cancelled"):
        send(simulator, clientTag=tag, scheduleTime="2099-01-01 10:00")
    simulator.cancel_in_console("cancelled")

    simulator.make_due()

    assert '"clientTag": "kept"' in receiver.wait_for(1)[0]["json"][0]
