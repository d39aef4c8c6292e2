"""`manage.py zettai_status TAG`: show the history of a message."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from zettai.contrib.django.client import get_client
from zettai.core.errors import ZettaiError


class Command(BaseCommand):
    """Prints the history of a message, one line for each state."""

    help = "Show the history of a message, one line for each state: time, state and reason."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments."""
        parser.add_argument("tag", metavar="TAG", help="the client tag of the message")

    def handle(self, *_: object, tag: str, **_options: Any) -> None:
        """Print the history.

        Raises:
            CommandError: the message does not exist, or Redis does not answer.
        """
        try:
            message = get_client().get(tag)
        except ZettaiError as error:
            raise CommandError(str(error)) from None
        if message is None:
            raise CommandError(f"no message has the client tag {tag!r}")
        for event in message.history:
            self.stdout.write(f"{event.at:%Y-%m-%d %H:%M:%S}  {event.state}  {event.reason}")
