"""`manage.py zettai_status TAG`: what became of a message."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from zettai.contrib.django.client import get_client
from zettai.core.errors import ZettaiError


class Command(BaseCommand):
    """Prints a message's history, a line for each state."""

    help = "Tell a message's whole story, a line for each state: time, state and reason."

    def add_arguments(self, parser: CommandParser) -> None:
        """Its tag."""
        parser.add_argument("tag", metavar="TAG", help="the message's client tag")

    def handle(self, *_: object, tag: str, **_options: Any) -> None:
        """Print it.

        Raises:
            CommandError: there is no such message, or Redis is away.
        """
        try:
            message = get_client().get(tag)
        except ZettaiError as error:
            raise CommandError(str(error)) from None
        if message is None:
            raise CommandError(f"no message has the tag {tag!r}")
        for event in message.history:
            self.stdout.write(f"{event.at:%Y-%m-%d %H:%M:%S}  {event.state}  {event.reason}")
