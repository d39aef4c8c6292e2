"""No error, traceback, pickle or log line contains the token, the phone number or the text."""

import logging
import pickle
import ssl
import traceback
from datetime import timedelta
from urllib.parse import quote, quote_plus

import pytest
from tests.integration.provider.behaviors import AMBIGUOUS
from tests.integration.provider.faulty_server import Behavior, Connect, Serve, answer
from tests.integration.provider.given import TOKEN

from zettai_worker.provider import Ambiguous, ProviderError, Refused, SendRequest

SHORT = timedelta(seconds=0.2)
HTML = b"<html><body>Please try again later. +819012345678</body></html>"


@pytest.fixture
def secrets(message: SendRequest) -> set[str]:
    """Return the secrets in every encoding in which they could be written."""
    plain = [TOKEN, message.message, message.phone_number, message.phone_number.lstrip("+")]
    return {way(text) for text in plain for way in (str, quote, quote_plus, lambda text: repr(text)[1:-1])}


def everything_said_by(error: BaseException) -> str:
    """Return all that a logger could write of an error, including local variables."""
    formatted = traceback.TracebackException.from_exception(error, capture_locals=True)
    production = [frame for frame in formatted.stack if "worker" in frame.filename]
    formatted.stack[:] = production
    return "".join([str(error), repr(error), repr(vars(error)), repr(pickle.dumps(error)), *formatted.format()])


@pytest.mark.parametrize(
    "behavior",
    [
        *(pytest.param(behavior, id=name) for name, behavior in AMBIGUOUS.items()),
        *(
            pytest.param(f"HTTP/1.1 {status}\r\nContent-Length: {len(HTML)}\r\n\r\n".encode() + HTML, id=status)
            for status in ("200 OK", "301 Moved", "403 Forbidden", "429 Too Many", "500 Error")
        ),
    ],
)
def test_no_error_of_a_broken_answer_contains_a_secret(
    *,
    serve: Serve,
    connect: Connect,
    message: SendRequest,
    secrets: set[str],
    behavior: Behavior | bytes,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Neither after a POST with a body nor after a GET with a query."""
    caplog.set_level(logging.DEBUG)
    client = connect(serve(behavior).url, read_timeout=SHORT, deadline=2 * SHORT)
    with pytest.raises(ProviderError) as sending:
        client.send(message)
    with pytest.raises(ProviderError) as asking:
        client.status("tag-1")
    said = everything_said_by(sending.value) + everything_said_by(asking.value)
    said += caplog.text + "".join(capfd.readouterr())
    assert [secret for secret in secrets if secret in said] == []
    assert sending.value.__context__ is None
    assert sending.value.__cause__ is None


def test_secrets_in_the_message_of_a_refusal_are_masked(
    *, serve: Serve, connect: Connect, message: SendRequest, secrets: set[str]
) -> None:
    words = f"Invalid message {message.message} for {message.phone_number} with {TOKEN}."
    server = serve(answer(responseCode=110, responseMessage=words, smsMessage=message.message))
    with pytest.raises(Refused) as caught:
        connect(server.url).send(message)
    failure = caught.value
    assert str(failure).endswith("Invalid message *** for *** with ***.")
    said = everything_said_by(failure)
    assert [secret for secret in secrets if secret in said] == []


def test_error_of_unreadable_rows_contains_no_secret(
    *, serve: Serve, connect: Connect, message: SendRequest, secrets: set[str]
) -> None:
    row = {"clientTag": ["odd"], "phoneNumber": message.phone_number, "message": message.message}
    with pytest.raises(Ambiguous) as caught:
        connect(serve(answer(status=[row])).url).status("tag-1")
    said = everything_said_by(caught.value)
    assert [secret for secret in secrets if secret in said] == []


def test_error_of_the_hook_contains_no_secret(
    *, serve: Serve, connect: Connect, message: SendRequest, secrets: set[str]
) -> None:
    def shut() -> None:
        raise ssl.SSLError("shut")

    with pytest.raises(ssl.SSLError) as caught:
        connect(serve(answer()).url).send(message, before_send=shut)
    said = everything_said_by(caught.value)
    assert [secret for secret in secrets if secret in said] == []


def test_logs_of_successful_calls_contain_no_secret(
    *,
    serve: Serve,
    connect: Connect,
    message: SendRequest,
    secrets: set[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """urllib3 logs each URL, but not the query, which is added later."""
    caplog.set_level(logging.DEBUG)
    client = connect(serve(answer(status=[])).url)
    client.send(message)
    client.status("tag-1")
    assert "/p5/api/status.json" in caplog.text
    assert [secret for secret in secrets if secret in caplog.text] == []


def test_reprs_of_client_and_message_contain_no_secret(
    connect: Connect, message: SendRequest, secrets: set[str]
) -> None:
    client = connect("http://127.0.0.1:9")
    said = repr(client) + repr(vars(client)) + repr(message) + repr(message.to_fields())
    assert [secret for secret in secrets if secret in said] == []
