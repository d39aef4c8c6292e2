"""For Flask: the extension `Zettai`, `current_sms`, and the blueprint `reports`; see docs/how-to/flask.md."""

from http import HTTPStatus
from typing import cast

from flask import Blueprint, Flask, Response, abort, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.local import LocalProxy

from zettai.client import SmsClient
from zettai.contrib.framework import DeliveryReportEndpoint, FrameworkSettings, PerProcess
from zettai.core.delivery_reports import MAX_BODY_SIZE, TOO_LARGE

_NAME = "zettai"


class Zettai:
    """Gives an app a client and a delivery report endpoint.

    The settings, for example `ZETTAI_REDIS_URL`, come from `app.config` or from the environment.
    """

    def __init__(self, app: Flask | None = None) -> None:
        """Bind the extension to an app, now or later with `init_app`."""
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Bind the extension to an app. It reads the configuration at the first use of the client."""
        app.extensions[_NAME] = _Extension(app)


class _Extension:
    """The client and the delivery report endpoint of an app, one each per process."""

    def __init__(self, app: Flask) -> None:
        def settings() -> FrameworkSettings:
            return FrameworkSettings.of(app.config.get_namespace("ZETTAI_", lowercase=False))

        self.client = PerProcess(lambda: settings().build_client())
        self.endpoint = PerProcess(lambda: DeliveryReportEndpoint(settings()))


def _extension() -> _Extension:
    found = current_app.extensions.get(_NAME)
    if not isinstance(found, _Extension):
        raise RuntimeError(f"the app {current_app.name!r} has no SMS client; call Zettai(app) where it is made")  # noqa: TRY004
    return found


def _current_client() -> SmsClient:
    return _extension().client.get()


current_sms = cast(SmsClient, LocalProxy(_current_client))
"""The client of the current app. There is one for each process, and threads share it."""

reports = Blueprint("zettai_reports", __name__)
"""Receives delivery reports at `PREFIX/ZETTAI_REPORT_SECRET`: `app.register_blueprint(reports, url_prefix=PREFIX)`."""


@reports.post("/<secret>", provide_automatic_options=False)
def _receive_reports(secret: str) -> Response:
    """Answer 200 if the reports are recorded, and 400 or 503 if the provider must send them again."""
    endpoint = _extension().endpoint.get()
    if not endpoint.matches(secret):
        abort(HTTPStatus.NOT_FOUND)
    request.max_content_length = MAX_BODY_SIZE
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        abort(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE)
    return Response(status=endpoint.handle(body))
