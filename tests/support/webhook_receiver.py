"""A receiver of webhooks as a process that can be killed: `python webhook_receiver.py PORT SECRET JOURNAL`.

It verifies each request, writes the id of the event to the journal, and then answers. Some requests are refused, and
some answers are lost.
"""

import json
import os
import random
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from standardwebhooks import Webhook

REFUSED, LOST = 0.02, 0.02
"""Shares of the requests."""


def received_ids(journal: Path) -> list[str]:
    """Return the ids in the journal, in the order of arrival."""
    return journal.read_text(encoding="ascii").split() if journal.exists() else []


def main(port: int, secret: str, journal: str) -> None:
    """Receive until the process is killed."""
    webhook = Webhook(secret)
    # One write for each line, so a line is whole or missing when the process is killed.
    file = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            webhook.verify(body, dict(self.headers.items()))
            chance = random.random()
            if chance >= REFUSED:
                os.write(file, f"{json.loads(body)['data']['id']}\n".encode("ascii"))
            if REFUSED <= chance < REFUSED + LOST:
                self.close_connection = True
                return
            self.send_response(503 if chance < REFUSED else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
