"""Read and change the suppression list."""

from functools import partial

from starlette.responses import JSONResponse, Response

from zettai.core.store.audit import AuditAction
from zettai.gateway.api import ApiCall
from zettai.gateway.api_keys import Scope
from zettai.gateway.checking import argument_problems
from zettai.gateway.inputs.numbers import SuppressedNumber, SuppressionInput, SuppressionRemoval
from zettai.gateway.operations.operation import WITH_BODY, Operation
from zettai.gateway.outputs.numbers import Suppression
from zettai.gateway.problems import ProblemType


async def suppress(call: ApiCall) -> Response:
    """Add a number to the suppression list."""
    given = await call.read(SuppressionInput)
    owner, suppressions = call.key.owner, call.api.client.suppressions
    act = partial(suppressions.add, given.number, given.scope, source=given.source, owner=owner)
    with argument_problems():
        added = await call.run_audited(AuditAction.SUPPRESS, act, scope=given.scope, source=given.source)
    return await _suppression(call, given.number, status=201 if added else 200)


async def unsuppress(call: ApiCall) -> Response:
    """Remove a number from the suppression list."""
    given = await call.read(SuppressionRemoval)
    owner, suppressions = call.key.sees_of_all_accounts, call.api.client.suppressions
    act = partial(suppressions.remove, given.number, given.scope, owner=owner)
    with argument_problems():
        await call.run_audited(AuditAction.UNSUPPRESS, act, scope=given.scope or "all of them")
    return await _suppression(call, given.number)


async def get_suppression(call: ApiCall) -> Response:
    """Return the scopes in which a number is suppressed."""
    given = await call.read(SuppressedNumber)
    return await _suppression(call, given.number)


async def _suppression(call: ApiCall, number: str, status: int = 200) -> Response:
    get = partial(call.api.client.suppressions.get, number, owner=call.key.sees_of_all_accounts)
    with argument_problems():
        found = await call.run(get)
    scopes = () if found is None else found.scopes
    return JSONResponse({"suppressed": bool(scopes), "scopes": [one.to_dict() for one in scopes]}, status)


OPERATIONS = (
    Operation(
        "suppress",
        "POST",
        "/v1/suppressions",
        Scope.SUPPRESS,
        suppress,
        "Suppress a number",
        "Adds a number to the suppression list. Messages to it that wait are canceled with the reason `suppressed`, "
        "and so are reservations at the provider. It is safe to repeat the request. The number is in the body, because "
        "URLs land in logs.",
        {
            201: (Suppression, "The number is suppressed now."),
            200: (Suppression, "The number was suppressed in this scope before."),
        },
        (*WITH_BODY, ProblemType.NO_SUPPRESSIONS),
        (SuppressionInput,),
    ),
    Operation(
        "unsuppress",
        "POST",
        "/v1/suppressions/remove",
        Scope.SUPPRESS,
        unsuppress,
        "Remove a suppression",
        "Allows messages to a number again, in one scope or in all. What was canceled stays canceled. A number that is "
        "not suppressed is not an error.",
        {200: (Suppression, "The scopes that are left.")},
        (*WITH_BODY, ProblemType.NO_SUPPRESSIONS),
        (SuppressionRemoval,),
    ),
    Operation(
        "get_suppression",
        "POST",
        "/v1/suppressions/get",
        Scope.SUPPRESS,
        get_suppression,
        "Get a suppression",
        "Returns the scopes in which a number is suppressed. Nothing is changed. The number is in the body, because "
        "URLs land in logs.",
        {200: (Suppression, "The scopes; an empty list if the number is not suppressed.")},
        (*WITH_BODY, ProblemType.NO_SUPPRESSIONS),
        (SuppressedNumber,),
    ),
)
