"""One way to bring reports to an app, whatever framework it is made with. Each app is made anew, with its settings."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client, override_settings
from fastapi import FastAPI
from flask import Flask
from tests.integration.contrib.serving import serving

from zettai.contrib import fastapi, flask
from zettai.core.delivery_reports import MAX_BODY_SIZE

SECRET = "0123456789abcdef-secret"

Bring = Callable[..., int]
"""`bring(body, secret=SECRET, method="POST")`; answers the HTTP status."""


def _settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Those of a test, with what each needs; None leaves one out."""
    needed = {"CLIENT_ID": "1234", "REPORT_SECRET": SECRET, **settings}
    return {name: value for name, value in needed.items() if value is not None}


@contextmanager
def django_door(**settings: Any) -> Iterator[Bring]:
    """The view, behind the middleware that keeps forged requests out. It needs the fixture `django_project`."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)

    def bring(body: bytes, *, secret: str = SECRET, method: str = "POST") -> int:
        answer = client.generic(method, f"/sms/reports/{secret}", body, "application/x-www-form-urlencoded")
        return int(answer.status_code)

    with override_settings(ZETTAI=_settings(settings)):
        yield bring


@contextmanager
def flask_door(**settings: Any) -> Iterator[Bring]:
    """The blueprint."""
    app = Flask("shop")
    app.config.from_mapping({f"ZETTAI_{name}": value for name, value in _settings(settings).items()})
    flask.Zettai(app)
    app.register_blueprint(flask.reports, url_prefix="/sms/reports")
    client = app.test_client()

    def bring(body: bytes, *, secret: str = SECRET, method: str = "POST") -> int:
        return client.open(f"/sms/reports/{secret}", method=method, data=body).status_code

    yield bring


@contextmanager
def fastapi_door(**settings: Any) -> Iterator[Bring]:
    """The router, in an app that is started and stopped."""
    app = FastAPI(lifespan=fastapi.lifespan)
    app.include_router(fastapi.reports, prefix="/sms/reports")
    with pytest.MonkeyPatch.context() as environment:
        for name, value in _settings(settings).items():
            environment.setenv(f"ZETTAI_{name}", value)
        with serving(app) as url:

            def bring(body: bytes, *, secret: str = SECRET, method: str = "POST") -> int:
                with closing(HTTPConnection(urlsplit(url).netloc, timeout=20)) as connection:
                    connection.putrequest(method, f"/sms/reports/{secret}")
                    connection.putheader("Content-Length", str(len(body)))
                    # What is announced as too large is answered before it comes; who sends it all the same may see a
                    # cut connection in place of the answer.
                    connection.endheaders(body if len(body) <= MAX_BODY_SIZE else None)
                    return connection.getresponse().status

            yield bring


DOORS: dict[str, Callable[..., AbstractContextManager[Bring]]] = {
    "django": django_door,
    "flask": flask_door,
    "fastapi": fastapi_door,
}
