"""The middleware that turns errors into JSON responses."""

from collections.abc import Callable
from http import HTTPStatus

from django.core.exceptions import BadRequest, ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse, JsonResponse

from zettai import InvalidMessage, LedgerUnavailable, RateExceeded, TagConflict


class json_errors:  # noqa: N801 - a middleware is named like a function
    """Turns errors into JSON responses."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response of the view."""
        return self.get_response(request)

    def process_exception(self, _request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return a response for client errors and for a missing Redis. Django handles all other errors."""
        match error:
            case InvalidMessage():
                said, status = {"error": str(error), "message_ja": error.message_ja}, HTTPStatus.BAD_REQUEST
            case BadRequest():
                said, status = {"error": str(error)}, HTTPStatus.BAD_REQUEST
            case TagConflict():
                said, status = {"error": "another order has this id"}, HTTPStatus.CONFLICT
            case ObjectDoesNotExist():
                said, status = {"error": "not found"}, HTTPStatus.NOT_FOUND
            case RateExceeded():
                said = {"error": "too many messages to this number, try again later"}
                status = HTTPStatus.TOO_MANY_REQUESTS
            case LedgerUnavailable():
                said, status = {"error": "try again later"}, HTTPStatus.SERVICE_UNAVAILABLE
            case _:
                return None
        return JsonResponse(said, status=status)
