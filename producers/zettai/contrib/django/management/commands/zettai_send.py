"""`manage.py zettai_send TO BODY`: send an SMS with the client of the project."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from zettai.contrib.django.client import get_client
from zettai.core.errors import ZettaiError
from zettai.core.lanes import SENDING_LANES, Lane


class Command(BaseCommand):
    """Sends a message, and prints its client tag and state."""

    help = "Send an SMS, and print its client tag and state."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments."""
        parser.add_argument("to", metavar="TO", help="a Japanese mobile number, for example 09012345678")
        parser.add_argument("body", metavar="BODY", help="the text, 1 to 660 characters")
        parser.add_argument("--tag", help="the client tag; a message with the same tag is never sent twice")
        parser.add_argument("--lane", choices=[lane.value for lane in SENDING_LANES], default=Lane.NORMAL.value)

    def handle(self, *_: object, to: str, body: str, tag: str | None, lane: str, **_options: Any) -> None:
        """Send the message.

        Raises:
            CommandError: the message is invalid, or Redis does not answer.
        """
        try:
            message = get_client().send(to, body, client_tag=tag, lane=Lane(lane))
        except ZettaiError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{message.client_tag} {message.state}")
