"""The view that takes delivery reports.

In `urls.py`: `path("sms/reports/<str:secret>", reports)`; in `settings.py`: `ZETTAI = {"REPORT_SECRET": …}`.
The URL conf compares in plain time, so the secret is a parameter, which is compared here.
"""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from zettai.contrib.django.client import get_door
from zettai.core.delivery_reports import MAX_BODY_SIZE


@csrf_exempt
def reports(request: HttpRequest, secret: str) -> HttpResponse:
    """Answer the provider: 200 once its reports are recorded, 400 or 503 where it shall come again.

    Raises:
        SettingsError: there is no `REPORT_SECRET`.
    """
    response = HttpResponse(status=_answer(request, secret))
    if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        response["Allow"] = "POST"
    # Django would log what is not a success with its path, and so with the secret.
    response._has_been_logged = True  # noqa: SLF001 - Django's own mark, without which there is no way
    return response


def _answer(request: HttpRequest, secret: str) -> HTTPStatus:
    door = get_door()
    if not door.opens_to(secret):
        return HTTPStatus.NOT_FOUND
    if request.method != "POST":
        return HTTPStatus.METHOD_NOT_ALLOWED
    try:
        body = request.read(MAX_BODY_SIZE + 1)
    except UnreadablePostError:
        return HTTPStatus.BAD_REQUEST
    return door.take(body) if len(body) <= MAX_BODY_SIZE else HTTPStatus.REQUEST_ENTITY_TOO_LARGE
