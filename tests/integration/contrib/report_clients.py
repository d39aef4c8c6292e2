"""Send delivery reports to an app of each framework. Each call makes a new app with its own settings."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from http.client import HTTPConnection
from typing import Any, Self
from urllib.parse import urlsplit

import pytest
from django.test import Client, override_settings
from fastapi import FastAPI
from flask import Flask
from tests.integration.contrib.asgi_server import serving

from zettai.contrib import fastapi, flask
from zettai.core.delivery_reports import MAX_BODY_SIZE

SECRET = "0123456789abcdef-secret"


class Answer(int):
    """The HTTP status of an answer, with its text."""

    text: str

    @classmethod
    def of(cls, status: int, text: bytes) -> Self:
        """Return an answer."""
        answer = cls(status)
        answer.text = text.decode()
        return answer


SendReport = Callable[..., Answer]
"""`send(body, secret=SECRET, method="POST")` returns the answer."""


def _settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a test, with the required ones. None removes a setting."""
    needed = {"CLIENT_ID": "1234", "REPORT_SECRET": SECRET, **settings}
    return {name: value for name, value in needed.items() if value is not None}


@contextmanager
def django_app(**settings: Any) -> Iterator[SendReport]:
    """Return the view with CSRF checks. It needs the fixture `django_project`."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)

    def send(body: bytes, *, secret: str = SECRET, method: str = "POST") -> Answer:
        answer = client.generic(method, f"/sms/reports/{secret}", body, "application/x-www-form-urlencoded")
        return Answer.of(answer.status_code, answer.content)

    with override_settings(ZETTAI=_settings(settings)):
        yield send


@contextmanager
def flask_app(**settings: Any) -> Iterator[SendReport]:
    """Return an app with the blueprint."""
    app = Flask("shop")
    app.config.from_mapping({f"ZETTAI_{name}": value for name, value in _settings(settings).items()})
    flask.Zettai(app)
    app.register_blueprint(flask.reports, url_prefix="/sms/reports")
    client = app.test_client()

    def send(body: bytes, *, secret: str = SECRET, method: str = "POST") -> Answer:
        answer = client.open(f"/sms/reports/{secret}", method=method, data=body)
        return Answer.of(answer.status_code, answer.data)

    yield send


@contextmanager
def fastapi_app(**settings: Any) -> Iterator[SendReport]:
    """Return a running app with the router."""
    app = FastAPI(lifespan=fastapi.lifespan)
    app.include_router(fastapi.reports, prefix="/sms/reports")
    with pytest.MonkeyPatch.context() as environment:
        for name, value in _settings(settings).items():
            environment.setenv(f"ZETTAI_{name}", value)
        with serving(app) as url:

            def send(body: bytes, *, secret: str = SECRET, method: str = "POST") -> Answer:
                with closing(HTTPConnection(urlsplit(url).netloc, timeout=60)) as connection:
                    connection.putrequest(method, f"/sms/reports/{secret}")
                    connection.putheader("Content-Length", str(len(body)))
                    # The app answers an oversized body before it arrives, and closes the connection.
                    connection.endheaders(body if len(body) <= MAX_BODY_SIZE else None)
                    answer = connection.getresponse()
                    return Answer.of(answer.status, answer.read())

            yield send


APPS: dict[str, Callable[..., AbstractContextManager[SendReport]]] = {
    "django": django_app,
    "flask": flask_app,
    "fastapi": fastapi_app,
}
