"""The containers' health check: is a path on this container's port answered with 200? `python healthy.py PORT PATH`.

It needs nothing that is installed, so that it takes some 50 ms; the image has neither curl nor wget.
"""

import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

PATIENCE = 3.0
"""Seconds, for connecting and for each read."""


def is_healthy(port: int, path: str) -> bool:
    """Ask, and look at the status alone."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_healthy(int(sys.argv[1]), sys.argv[2]) else 1)
