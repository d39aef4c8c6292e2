"""The view that receives delivery reports.

In `urls.py`: `path("sms/reports/<str:secret>", reports)`; in `settings.py`: `ZETTAI = {"REPORT_SECRET": …}`.
Django does not compare URLs in constant time, so the secret is a parameter and the view compares it.
"""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from zettai.contrib.django.client import get_report_endpoint
from zettai.core.delivery_reports import MAX_BODY_SIZE, TOO_LARGE


@csrf_exempt
def reports(request: HttpRequest, secret: str) -> HttpResponse:
    """Answer 200 if the reports are recorded, and 400 or 503 if the provider must send them again.

    Raises:
        SettingsError: `REPORT_SECRET` is missing.
    """
    status = _status(request, secret)
    text = TOO_LARGE if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else ""
    response = HttpResponse(text, content_type="text/plain", status=status)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        response["Allow"] = "POST"
    # Django logs error responses with their path, which has the secret.
    response._has_been_logged = True  # noqa: SLF001 - Django has no public way
    return response


def _status(request: HttpRequest, secret: str) -> HTTPStatus:
    endpoint = get_report_endpoint()
    if not endpoint.matches(secret):
        return HTTPStatus.NOT_FOUND
    if request.method != "POST":
        return HTTPStatus.METHOD_NOT_ALLOWED
    try:
        body = request.read(MAX_BODY_SIZE + 1)
    except UnreadablePostError:
        return HTTPStatus.BAD_REQUEST
    return endpoint.handle(body) if len(body) <= MAX_BODY_SIZE else HTTPStatus.REQUEST_ENTITY_TOO_LARGE
