"""Reading the body of a request, but no more of it than is allowed."""

import asyncio
from datetime import timedelta
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

CLOSE = {"Connection": "close"}
"""The rest of the body is not awaited."""


async def read_body(request: Request, *, largest: int, within: timedelta) -> bytes:
    """Read a body whole.

    Args:
        request: whose body it is.
        largest: in bytes.
        within: for the body to arrive.

    Raises:
        HTTPException: it is too large or too slow, or its sender has gone.
    """
    if int(request.headers.get("content-length", 0)) > largest:
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers=CLOSE)
    body = bytearray()
    try:
        async with asyncio.timeout(within.total_seconds()):
            async for chunk in request.stream():
                body += chunk
                if len(body) > largest:
                    raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers=CLOSE)
    except TimeoutError:
        raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, headers=CLOSE) from None
    except ClientDisconnect:
        raise HTTPException(HTTPStatus.BAD_REQUEST, headers=CLOSE) from None
    return bytes(body)
