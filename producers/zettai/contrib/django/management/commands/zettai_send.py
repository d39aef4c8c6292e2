"""`manage.py zettai_send TO BODY`: send one SMS as the project would."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from zettai.contrib.django.client import get_client
from zettai.core.errors import ZettaiError
from zettai.core.lanes import SENDING_LANES, Lane


class Command(BaseCommand):
    """Records a message, and prints its tag and state."""

    help = "Send an SMS, and print its client tag and state."

    def add_arguments(self, parser: CommandParser) -> None:
        """Those of `SmsClient.send` that a person needs."""
        parser.add_argument("to", metavar="TO", help="Japanese mobile number, as 09012345678 or +819012345678")
        parser.add_argument("body", metavar="BODY", help="1 to 660 characters")
        parser.add_argument("--tag", help="identity for ever: the same tag never sends twice")
        parser.add_argument("--lane", choices=[lane.value for lane in SENDING_LANES], default=Lane.NORMAL.value)

    def handle(self, *_: object, to: str, body: str, tag: str | None, lane: str, **_options: Any) -> None:
        """Send it.

        Raises:
            CommandError: it was refused, or Redis is away.
        """
        try:
            message = get_client().send(to, body, client_tag=tag, lane=lane)
        except ZettaiError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{message.client_tag} {message.state}")
