"""`manage.py zettai_events --group NAME`: send the signal `sms_event` for each event."""

import signal
from datetime import timedelta
from itertools import count
from time import sleep
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import close_old_connections

from zettai.contrib.django.client import get_client
from zettai.contrib.django.signals import sms_event
from zettai.core.errors import LedgerUnavailable, ZettaiError
from zettai.core.events import EventType, MessageEvent
from zettai.core.loggers import get_logger
from zettai.subscriber import EventStart

logger = get_logger("zettai.events")

RETRY_AFTER, RETRY_CAP = 1.0, 60.0
"""Seconds before a failed event, or Redis, is tried again: the first time, and at most. Each wait doubles."""


class Command(BaseCommand):
    """Reads events, and sends a signal for each. An event counts as done when all receivers have succeeded."""

    help = "Send the signal sms_event for each event of the messages. It runs until it is stopped."

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._is_sending = False
        self._must_stop = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments."""
        parser.add_argument("--group", required=True, help="the name of this application, which Redis remembers")
        parser.add_argument("--type", action="append", choices=list(EventType), help="only these types of events")
        parser.add_argument("--start", choices=list(EventStart), default=EventStart.NOW, help="of a new group")
        parser.add_argument("--reader", default="default", help="the name of this process, if there are several")
        parser.add_argument("--timeout", type=float, help="stop after so many seconds without an event")

    def handle(self, *_: object, timeout: float | None, **options: Any) -> None:
        """Send the signals until the process is stopped.

        Raises:
            CommandError: an argument is invalid.
        """
        arguments = {
            "group": options["group"],
            "types": options["type"],
            "start": options["start"],
            "reader": options["reader"],
            "timeout": None if timeout is None else timedelta(seconds=timeout),
        }
        before = signal.signal(signal.SIGTERM, self._stop)
        try:
            while not self._read(arguments):
                sleep(RETRY_AFTER)
        except ZettaiError as error:
            raise CommandError(str(error)) from None
        finally:
            signal.signal(signal.SIGTERM, before)

    def _read(self, arguments: dict[str, Any]) -> bool:
        """Send signals. Return whether that is all, or else Redis must be tried again."""
        try:
            for event in get_client().events(**arguments):
                self._send(event)
                if self._must_stop:
                    return True
        except LedgerUnavailable:
            logger.warning("events_unavailable", group=arguments["group"])
            return False
        return True

    def _send(self, event: MessageEvent) -> None:
        """Send the signal until all receivers succeed. The order of events stays."""
        for tries in count():
            close_old_connections()
            self._is_sending = True
            results = sms_event.send_robust(MessageEvent, event=event)
            self._is_sending = False
            failures = [(receiver, error) for receiver, error in results if isinstance(error, Exception)]
            if not failures or self._must_stop:
                return
            for receiver, error in failures:
                name = getattr(receiver, "__qualname__", type(receiver).__qualname__)
                logger.error("receiver_failed", event_id=event.id, receiver=name, error=type(error).__name__)
            sleep(min(RETRY_AFTER * 2**tries, RETRY_CAP))

    def _stop(self, *_: object) -> None:
        """Stop at once, or after the receivers of an event. That event is sent again by the next process."""
        self._must_stop = True
        if not self._is_sending:
            raise SystemExit(0)
