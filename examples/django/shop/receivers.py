"""What the shop does when something happens to a message: `manage.py zettai_events --group shop`."""

from django.dispatch import receiver

from shop.models import Order
from zettai import MessageEvent
from zettai.contrib.django.signals import sms_event


@receiver(sms_event)
def mark_reminder(event: MessageEvent, **_: object) -> None:
    """Note on an order what happened to its reminder. A second call with the same event changes nothing."""
    Order.note(event.client_tag, event.type)
