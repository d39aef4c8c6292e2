"""`manage.py zettai_outbox`: the relay, which sends what waits in the outbox."""

import signal
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DEFAULT_DB_ALIAS, close_old_connections

from zettai.contrib.django.outbox.delivery import relay

INTERVAL = 1.0
"""Seconds between two looks at the table."""

INTERVAL_CAP = 60.0
"""The longest wait while messages cannot be sent. Each wait doubles."""


class Command(BaseCommand):
    """Sends rows again and again. Several hosts may run it: each message is sent once."""

    help = "Send what waits in the SMS outbox. It runs until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments."""
        parser.add_argument("--once", action="store_true", help="look once, and exit with 1 if messages still wait")
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, help="the alias of the database")

    def handle(self, *_: object, once: bool, database: str, **_options: Any) -> None:
        """Run the relay.

        Raises:
            SystemExit: with `--once`, messages still wait.
        """
        if once:
            raise SystemExit(0 if relay(database) else 1)
        stopped = Event()
        before = {number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGTERM, signal.SIGINT)}
        wait = INTERVAL
        try:
            while not stopped.wait(wait):
                close_old_connections()
                wait = INTERVAL if relay(database) else min(2 * wait, INTERVAL_CAP)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
