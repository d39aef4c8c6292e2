"""Get a message, and list messages."""

from collections.abc import Collection
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from zettai.core.accounts import account_label, account_of_label
from zettai.core.errors import InvalidMessage
from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.store.queries import read_page
from zettai.core.validation import checked_tag
from zettai.gateway.api import ApiCall
from zettai.gateway.api_keys import Scope
from zettai.gateway.checking import check
from zettai.gateway.inputs.messages import ListParameters
from zettai.gateway.operations.operation import TAG, UNKNOWN_TAG, Operation
from zettai.gateway.outputs.messages import Message, Page
from zettai.gateway.problems import Problem, ProblemType, invalid_values


async def list_messages(call: ApiCall) -> Response:
    """Return a page of messages."""
    given = _list_parameters(call.request)
    try:
        page = await call.run(
            lambda: read_page(
                call.api.store,
                state=given.state,
                group=given.group,
                cursor=given.cursor,
                limit=given.limit,
                owner=call.key.sees,
                accounts=_listed_accounts(call, given.account),
            )
        )
    except ValueError as error:
        raise _invalid("?cursor", str(error)) from None
    return JSONResponse({"messages": [message.to_dict() for message in page.messages], "next": page.next})


async def get(call: ApiCall) -> Response:
    """Return a message."""
    message = await call.run(lambda: call.client.get(call.name))
    if message is None or call.key.sees not in {None, message.owner}:
        raise Problem(ProblemType.NOT_FOUND, UNKNOWN_TAG)
    return JSONResponse(message.to_dict(with_metadata=True))


def _list_parameters(request: Request) -> ListParameters:
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise _invalid("?" + name, "must be given once only")
        given[name] = value
    parameters = check(ListParameters, given, "?")
    if parameters.group is not None:
        try:
            checked_tag(parameters.group)
        except InvalidValue as error:
            raise _invalid("?group", error) from None
    return parameters


def _listed_accounts(call: ApiCall, name: str | None) -> Collection[str | None]:
    """Return the accounts whose messages a listing has.

    Raises:
        Problem: the key may not use the account, or there is none.
    """
    accounts = call.client.accounts
    if name is None:
        return accounts
    if (account := account_of_label(name)) not in accounts:
        listed = ", ".join(account_label(one) for one in accounts)
        raise _invalid("?account", InvalidValue(InvalidReason.UNKNOWN_ACCOUNT, listed=listed))
    return [account]


def _invalid(pointer: str, problem: InvalidValue | str) -> Problem:
    return invalid_values((pointer, InvalidMessage(pointer.removeprefix("?"), problem)))


OPERATIONS = (
    Operation(
        "list",
        "GET",
        "/v1/messages",
        Scope.READ,
        list_messages,
        "List messages",
        "Returns messages by state or group, newest first. A message that changes its state meanwhile may appear twice "
        "or not at all.",
        {200: (Page, "A page of the listing.")},
        (ProblemType.INVALID,),
        parameters=ListParameters,
    ),
    Operation(
        "get",
        "GET",
        "/v1/messages/{name}",
        Scope.READ,
        get,
        "Get a message",
        "Returns the message with its history.",
        {200: (Message, "The message.")},
        (ProblemType.NOT_FOUND,),
        named=TAG,
    ),
)
