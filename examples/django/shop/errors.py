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
                answer = {"error": str(error), "message_ja": error.message_ja}
                return JsonResponse(answer, status=HTTPStatus.BAD_REQUEST)
            case BadRequest():
                return JsonResponse({"error": str(error)}, status=HTTPStatus.BAD_REQUEST)
            case TagConflict():
                return JsonResponse({"error": "another order has this id"}, status=HTTPStatus.CONFLICT)
            case ObjectDoesNotExist():
                return JsonResponse({"error": "not found"}, status=HTTPStatus.NOT_FOUND)
            case RateExceeded():
                answer = {"error": "too many messages to this number, try again later"}
                return JsonResponse(answer, status=HTTPStatus.TOO_MANY_REQUESTS)
            case LedgerUnavailable():
                return JsonResponse({"error": "try again later"}, status=HTTPStatus.SERVICE_UNAVAILABLE)
        return None
