"""Find the messages to a phone number, and erase a person."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from itertools import islice

from starlette.responses import JSONResponse, Response

from zettai.core.errors import SettingsError
from zettai.core.message import Message
from zettai.core.store.audit import AuditAction
from zettai.erasing import ErasurePreview
from zettai.gateway.api import ApiCall
from zettai.gateway.api_keys import Scope
from zettai.gateway.checking import argument_problems
from zettai.gateway.inputs.numbers import EraseInput, FindInput
from zettai.gateway.operations.operation import REPEAT, WITH_BODY, Operation
from zettai.gateway.outputs.numbers import Erasure, Found
from zettai.gateway.problems import Problem, ProblemType


async def find(call: ApiCall) -> Response:
    """Return the messages to a number."""
    given = await call.read(FindInput)

    def find() -> list[Message]:
        with _index_problems():
            return list(islice(call.client.find(given.number, owner=call.key.sees), given.limit))

    with argument_problems():
        messages = await call.run_audited(AuditAction.FIND_NUMBER, find)
    return JSONResponse({"messages": [message.to_dict() for message in messages]})


async def erase(call: ApiCall) -> Response:
    """Erase a person."""
    given, client = await call.read(EraseInput), call.client

    def preview_erasure() -> ErasurePreview:
        with _index_problems():
            return client.preview_erasure(given.number, by_index=given.by_index)

    with argument_problems():
        preview = await call.run(preview_erasure)
    act = partial(client.erase, preview)
    done = await call.run_audited(AuditAction.ERASE, act, messages=str(len(preview.tags)))
    return JSONResponse(asdict(done), 202 if done.pending else 200)


@contextmanager
def _index_problems() -> Iterator[None]:
    """Raise a problem if the index by number has no key."""
    try:
        yield
    except SettingsError as error:
        raise Problem(ProblemType.NO_INDEX, str(error)) from None


OPERATIONS = (
    Operation(
        "find",
        "POST",
        "/v1/numbers/messages",
        Scope.FIND,
        find,
        "Find the messages to a number",
        "Returns the newest messages to a phone number that were recorded with the key of the index. The number is in "
        "the body, because URLs land in logs.",
        {200: (Found, "The messages; an empty list if there are none.")},
        (*WITH_BODY, ProblemType.NO_INDEX),
        (FindInput,),
    ),
    Operation(
        "erase",
        "POST",
        "/v1/numbers/erase",
        Scope.ADMIN,
        erase,
        "Erase a person",
        "Erases the number, the texts and the metadata of all messages to a phone number, whoever made them. Tags and "
        "states stay, so that nothing is sent twice. Messages that are not sent yet are canceled first. A message "
        "without a final state is erased when it reaches one. It is safe to repeat the request. The number is in the "
        "body, because URLs land in logs.",
        {
            200: (Erasure, "All messages to the number are erased."),
            202: (Erasure, "Some messages are erased when they reach a final state. " + REPEAT),
        },
        (
            *WITH_BODY,
            ProblemType.NO_INDEX,
            ProblemType.NO_ENCRYPTION_KEY,
            ProblemType.NO_DURABILITY,
            ProblemType.NOT_DURABLE,
        ),
        (EraseInput,),
    ),
)
