"""Read the body of a request, with a size limit and a time limit."""

import asyncio
from datetime import timedelta
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

CLOSE = {"Connection": "close"}
"""Close the connection instead of reading the rest of the body."""


async def read_body(request: Request, *, max_size: int, timeout: timedelta) -> bytes:  # noqa: ASYNC109 - answered with 408
    """Read the whole body.

    Args:
        request: the request.
        max_size: in bytes.
        timeout: for the body to arrive.

    Raises:
        HTTPException: the body is too large or too slow, or the client disconnected.
    """
    too_large = HTTPException(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body may have {max_size:,} bytes at most.", headers=CLOSE
    )
    if int(request.headers.get("content-length", 0)) > max_size:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(timeout.total_seconds()):
            async for chunk in request.stream():
                body += chunk
                if len(body) > max_size:
                    raise too_large
    except TimeoutError:
        raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, headers=CLOSE) from None
    except ClientDisconnect:
        raise HTTPException(HTTPStatus.BAD_REQUEST, headers=CLOSE) from None
    return bytes(body)
