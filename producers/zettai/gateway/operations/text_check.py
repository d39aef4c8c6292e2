"""Check a text."""

from starlette.responses import JSONResponse, Response

from zettai.core import text
from zettai.gateway.api import ApiCall
from zettai.gateway.api_keys import Scope
from zettai.gateway.inputs.messages import Text
from zettai.gateway.operations.operation import WITH_BODY, Operation
from zettai.gateway.outputs.text_check import TextCheck


async def check_text(call: ApiCall) -> Response:
    """Check a message text. Nothing is sent or stored."""
    given = await call.read(Text)
    found = await call.run(lambda: text.check_text(given.body))
    return JSONResponse(found.to_dict())


OPERATIONS = (
    Operation(
        "check_text",
        "POST",
        "/v1/text-check",
        Scope.SEND,
        check_text,
        "Check a text",
        "Returns the length of a text, its parts, and characters that carriers may not display. Nothing is sent or "
        "stored.",
        {200: (TextCheck, "The result. `problem` is set if the text cannot be sent.")},
        WITH_BODY,
        (Text,),
    ),
)
