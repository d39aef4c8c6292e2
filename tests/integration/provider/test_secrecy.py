"""No error, traceback, pickle or log line holds the token, the number or the body."""

import logging
import pickle
import ssl
import traceback
from datetime import timedelta
from urllib.parse import quote, quote_plus

import pytest
from tests.integration.provider.behaviours import AMBIGUOUS
from tests.integration.provider.given import TOKEN
from tests.integration.provider.odd_server import Behaviour, Connect, Serve, answer

from zettai_worker.provider import Ambiguous, ProviderError, Refused, SendRequest

SHORT = timedelta(seconds=0.2)
HTML = b"<html><body>Please try again later. +819012345678</body></html>"


@pytest.fixture
def secrets(message: SendRequest) -> set[str]:
    """Every way in which they could be written."""
    plain = [TOKEN, message.message, message.phone_number, message.phone_number.lstrip("+")]
    return {way(text) for text in plain for way in (str, quote, quote_plus, lambda text: repr(text)[1:-1])}


def everything_said_by(error: BaseException) -> str:
    """All that a logger could make of an error, local variables included."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    production = [frame for frame in told.stack if "worker" in frame.filename]
    told.stack[:] = production
    return "".join([str(error), repr(error), repr(vars(error)), repr(pickle.dumps(error)), *told.format()])


@pytest.mark.parametrize(
    "behaviour",
    [
        *(pytest.param(behaviour, id=name) for name, behaviour in AMBIGUOUS.items()),
        *(
            pytest.param(f"HTTP/1.1 {status}\r\nContent-Length: {len(HTML)}\r\n\r\n".encode() + HTML, id=status)
            for status in ("200 OK", "301 Moved", "403 Forbidden", "429 Too Many", "500 Error")
        ),
    ],
)
def test_what_the_wire_does(
    *,
    serve: Serve,
    connect: Connect,
    message: SendRequest,
    secrets: set[str],
    behaviour: Behaviour | bytes,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """For a POST with a body and for a GET with a query."""
    caplog.set_level(logging.DEBUG)
    client = connect(serve(behaviour).url, read_timeout=SHORT, deadline=2 * SHORT)
    with pytest.raises(ProviderError) as sending:
        client.send(message)
    with pytest.raises(ProviderError) as asking:
        client.status("tag-1")
    said = everything_said_by(sending.value) + everything_said_by(asking.value)
    said += caplog.text + "".join(capfd.readouterr())
    assert [secret for secret in secrets if secret in said] == []
    assert sending.value.__context__ is None
    assert sending.value.__cause__ is None


def test_a_refusal_that_repeats_the_request(
    *, serve: Serve, connect: Connect, message: SendRequest, secrets: set[str]
) -> None:
    """The provider's words are shown, but masked."""
    words = f"Invalid message {message.message} for {message.phone_number} with {TOKEN}."
    server = serve(answer(responseCode=110, responseMessage=words, smsMessage=message.message))
    with pytest.raises(Refused) as caught:
        connect(server.url).send(message)
    failure = caught.value
    assert str(failure).endswith("Invalid message *** for *** with ***.")
    said = everything_said_by(failure)
    assert [secret for secret in secrets if secret in said] == []


def test_rows_that_cannot_be_read(*, serve: Serve, connect: Connect, message: SendRequest, secrets: set[str]) -> None:
    """Neither the rows nor what was asked."""
    row = {"clientTag": ["odd"], "phoneNumber": message.phone_number, "message": message.message}
    with pytest.raises(Ambiguous) as caught:
        connect(serve(answer(status=[row])).url).status("tag-1")
    said = everything_said_by(caught.value)
    assert [secret for secret in secrets if secret in said] == []


def test_a_gate_that_refuses(*, serve: Serve, connect: Connect, message: SendRequest, secrets: set[str]) -> None:
    """Its error passes through us, but picks nothing up on the way."""

    def shut() -> None:
        raise ssl.SSLError("shut")

    with pytest.raises(ssl.SSLError) as caught:
        connect(serve(answer()).url).send(message, before_send=shut)
    said = everything_said_by(caught.value)
    assert [secret for secret in secrets if secret in said] == []


def test_a_log_of_success(
    *,
    serve: Serve,
    connect: Connect,
    message: SendRequest,
    secrets: set[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The libraries below log each URL, but never saw the query."""
    caplog.set_level(logging.DEBUG)
    client = connect(serve(answer(status=[])).url)
    client.send(message)
    client.status("tag-1")
    assert "/p5/api/status.json" in caplog.text
    assert [secret for secret in secrets if secret in caplog.text] == []


def test_reprs(connect: Connect, message: SendRequest, secrets: set[str]) -> None:
    """Of a client and all that it holds, and of a message."""
    client = connect("http://127.0.0.1:9")
    said = repr(client) + repr(vars(client)) + repr(message) + repr(message.to_fields())
    assert [secret for secret in secrets if secret in said] == []
