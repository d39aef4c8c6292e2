"""What can go wrong, as a client of the API is told."""

from collections.abc import Callable
from http import HTTPStatus

from django.core.exceptions import BadRequest, ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse, JsonResponse

from zettai import InvalidMessage, LedgerUnavailable, TagConflict


class answer_in_json:  # noqa: N801 - a middleware is named like a function
    """Turns errors into answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, _request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer what is the client's mistake, or may go better later; the rest is ours."""
        match error:
            case InvalidMessage() | BadRequest():
                return JsonResponse({"error": str(error)}, status=HTTPStatus.BAD_REQUEST)
            case TagConflict():
                return JsonResponse({"error": "there is another order with this id"}, status=HTTPStatus.CONFLICT)
            case ObjectDoesNotExist():
                return JsonResponse({"error": "there is no such thing"}, status=HTTPStatus.NOT_FOUND)
            case LedgerUnavailable():
                return JsonResponse({"error": "try again later"}, status=HTTPStatus.SERVICE_UNAVAILABLE)
        return None
