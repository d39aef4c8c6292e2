"""The health check of the containers: `python healthy.py PORT PATH` exits with 0 if the path answers with HTTP 200.

It imports the standard library only and takes about 50 ms. The image has neither curl nor wget.
"""

import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

TIMEOUT = 3.0
"""Seconds to connect, and for each read."""


def is_healthy(port: int, path: str) -> bool:
    """Return whether the path answers with HTTP 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_healthy(int(sys.argv[1]), sys.argv[2]) else 1)
