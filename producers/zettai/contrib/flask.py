"""For Flask: the extension `Zettai`, `current_sms`, and the blueprint `reports`; see docs/how-to/flask.md."""

from http import HTTPStatus
from typing import cast

from flask import Blueprint, Flask, Response, abort, current_app, request
from werkzeug.local import LocalProxy

from zettai.client import SmsClient
from zettai.contrib.integration import DeliveryReportEndpoint, FrameworkSettings, OnePerProcess
from zettai.core.delivery_reports import MAX_BODY_SIZE

_NAME = "zettai"


class Zettai:
    """Gives an app its client and takes its delivery reports, as `app.config` and the environment say.

    `ZETTAI_REDIS_URL` and the other settings of `FrameworkSettings` stand in `app.config` or in the environment.
    """

    def __init__(self, app: Flask | None = None) -> None:
        """Bind it to an app, now or later with `init_app`."""
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Bind it to an app. Its configuration is read at the first use of the client."""
        app.extensions[_NAME] = _Extension(app)


class _Extension:
    """What an app has in a process: one client, and one door for reports."""

    def __init__(self, app: Flask) -> None:
        def settings() -> FrameworkSettings:
            return FrameworkSettings.of(app.config.get_namespace("ZETTAI_", lowercase=False))

        self.client = OnePerProcess(lambda: settings().build_client())
        self.door = OnePerProcess(lambda: DeliveryReportEndpoint(settings()))


def _extension() -> _Extension:
    found = current_app.extensions.get(_NAME)
    if not isinstance(found, _Extension):
        raise RuntimeError(f"the app {current_app.name!r} has no SMS client; call Zettai(app) where it is made")  # noqa: TRY004
    return found


def _current_client() -> SmsClient:
    return _extension().client.get()


current_sms = cast(SmsClient, LocalProxy(_current_client))
"""The client of the present app; one for each process, which threads share."""

reports = Blueprint("zettai_reports", __name__)
"""Takes delivery reports under `PREFIX/ZETTAI_REPORT_SECRET`: `app.register_blueprint(reports, url_prefix=PREFIX)`."""


@reports.post("/<secret>", provide_automatic_options=False)
def _take(secret: str) -> Response:
    """Answer the provider: 200 once its reports are recorded, 400 or 503 where it shall come again."""
    door = _extension().door.get()
    if not door.opens_to(secret):
        abort(HTTPStatus.NOT_FOUND)
    request.max_content_length = MAX_BODY_SIZE
    return Response(status=door.take(request.get_data(cache=False)))
