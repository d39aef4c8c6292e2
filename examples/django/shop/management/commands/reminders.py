"""Lists the reminders of open orders: `manage.py reminders`. With `--again`, it sends what may arrive now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from shop.models import Order
from zettai.contrib.django import get_client
from zettai.requeueing import decide_requeue


class Command(BaseCommand):
    """The command."""

    help = "List the reminders of open orders, with the carrier and the billed parts."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the option."""
        parser.add_argument(
            "--again",
            action="store_true",
            help="send what did not arrive again, if the cause may have passed, such as a phone that was switched off",
        )

    def handle(self, *, again: bool, **_: Any) -> None:
        """List them. A reminder is sent again once, however often the command runs."""
        sms, now = get_client(), timezone.now()
        for order in Order.objects.filter(canceled=False, pick_up_at__gt=now):
            message = sms.get(order.client_tag)
            if message is None:
                continue
            carrier = message.carrier_found or "carrier unknown"
            self.stdout.write(f"{order.client_tag}: {message.state}, {carrier}, {message.parts or 0} parts")
            if not again:
                continue
            requeue = decide_requeue(message, order.text, may_send_twice=False, undelivered=True)
            if requeue.problem is None:
                sms.record(sms.new_message(**requeue.send_arguments(now)))
                self.stdout.write(f"{order.client_tag}: sent again as {requeue.new_tag}")
