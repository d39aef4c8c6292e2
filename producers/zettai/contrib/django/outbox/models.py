"""The table of the outbox: messages that are committed, and not sent yet."""

from datetime import datetime
from typing import Self

from django.db import models

from zettai.core.new_message import NewMessage
from zettai.core.phone_numbers import mask


class OutboxMessage(models.Model):
    """A message that waits to be sent. It was validated when it was saved.

    Attributes:
        client_tag: identifies the message, so that sending it again is safe.
        lane: which messages are sent first.
        message: what `NewMessage.saved` returned, with number and text.
        problem: why it can never be sent; empty if it can.
    """

    client_tag = models.CharField(max_length=200, unique=True)
    lane = models.CharField(max_length=10)
    message = models.JSONField()
    problem = models.TextField(default="")

    class Meta:
        """The most urgent first: the names of the lanes are in this order."""

        ordering = ("-lane", "id")
        verbose_name = "waiting SMS"
        verbose_name_plural = "waiting SMS"

    def __str__(self) -> str:
        return str(self.client_tag)

    @classmethod
    def of(cls, message: NewMessage) -> Self:
        """Return the row of a message. It is not in the database yet."""
        return cls(client_tag=message.client_tag, lane=message.lane.value, message=message.saved())

    @property
    def masked_to(self) -> str:
        """The phone number without its middle."""
        return mask(self.message["to"])

    @property
    def saved_at(self) -> datetime:
        """When the message was saved, in Japan time."""
        return datetime.fromisoformat(self.message["saved_at"])

    @property
    def send_at(self) -> datetime | None:
        """When to send it, in Japan time; None means at once."""
        return self.restored().send_at

    def restored(self) -> NewMessage:
        """Return the message."""
        return NewMessage.restored(self.message)
