"""Delivery reports: pushed once a message ends, and again where nobody took them."""

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

PATIENCE = 20


class Receiver:
    """Takes reports over HTTP; answers 500 to the first few, as many as asked for."""

    def __init__(self) -> None:
        self.forms: list[dict[str, list[str]]] = []
        self.refuse = 0
        self._changed = Condition()

    def take(self, form: dict[str, list[str]]) -> int:
        """Keep a report; answers the HTTP status to give."""
        with self._changed:
            self.forms.append(form)
            self._changed.notify_all()
            return 500 if len(self.forms) <= self.refuse else 204

    def wait_for(self, count: int) -> list[dict[str, list[str]]]:
        """All reports, once there are so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.forms) >= count, PATIENCE)
            return list(self.forms)


@pytest.fixture
def receiver() -> Receiver:
    """What counts the reports."""
    return Receiver()


@pytest.fixture
def report_url(receiver: Receiver) -> Iterator[str]:
    """Where the receiver listens."""

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
    """Starts simulators that report quickly to the receiver."""

    def start(**flags: Any) -> SimulatorProcess:
        return simulate(**{"report_url": report_url, "delivery_after": 0.05, "report_pause": 0.05, **flags})

    return start


def settled(simulator: SimulatorProcess, key: str, count: int) -> dict[str, int]:
    """The counts of reports, once that one has got there."""
    deadline = time.monotonic() + PATIENCE
    while (counts := simulator.stats()["reports"])[key] < count:
        assert time.monotonic() < deadline, counts
        time.sleep(0.02)
    return dict(counts)


def test_a_report_tells_the_end(reporting: Callable[..., SimulatorProcess], receiver: Receiver, send: Call) -> None:
    """In the envelope of the specification, as a form field of JSON."""
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


def test_only_tagged_messages_are_reported(
    reporting: Callable[..., SimulatorProcess], receiver: Receiver, send: Call
) -> None:
    """The untagged one ended first."""
    simulator = reporting()
    send(simulator)
    send(simulator, clientTag="t")

    assert '"clientTag": "t"' in receiver.wait_for(1)[0]["json"][0]
    assert settled(simulator, "delivered", 1)["pushed"] == 1


def test_a_refused_report_comes_again(
    reporting: Callable[..., SimulatorProcess], receiver: Receiver, send: Call
) -> None:
    """Until it is taken, and then no more."""
    receiver.refuse = 2
    simulator = reporting()
    send(simulator, clientTag="t")

    counts = settled(simulator, "delivered", 1)

    assert counts == {"pushed": 3, "delivered": 1, "given_up": 0}


def test_after_three_more_tries_the_provider_gives_up(
    reporting: Callable[..., SimulatorProcess], receiver: Receiver, send: Call
) -> None:
    """The report is lost."""
    receiver.refuse = 100
    simulator = reporting()
    send(simulator, clientTag="t")

    assert settled(simulator, "given_up", 1) == {"pushed": 4, "delivered": 0, "given_up": 1}


def test_a_report_that_nobody_can_take_is_given_up(
    simulate: Callable[..., SimulatorProcess], send: Call, unused_port: int
) -> None:
    """Where nobody listens."""
    simulator = simulate(report_url=f"http://127.0.0.1:{unused_port}", delivery_after=0, report_pause=0)
    send(simulator, clientTag="t")

    assert settled(simulator, "given_up", 1)["pushed"] == 4


@pytest.fixture
def unused_port() -> int:
    """A port that was free a moment ago."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return server.server_port


def test_a_reservation_is_reported_once_it_was_sent(
    reporting: Callable[..., SimulatorProcess], receiver: Receiver, send: Call
) -> None:
    """Made due early, it is reported then; the cancelled one never is."""
    simulator = reporting()
    for tag in ("kept", "cancelled"):
        send(simulator, clientTag=tag, scheduleTime="2099-01-01 10:00")
    simulator.cancel_in_console("cancelled")

    simulator.make_due()

    assert '"clientTag": "kept"' in receiver.wait_for(1)[0]["json"][0]
