"""The models of the shop."""

from datetime import timedelta
from secrets import compare_digest, randbelow
from uuid import UUID, uuid4

from django.db import models
from django.utils import timezone

CODE_LIFETIME = timedelta(minutes=10)
MAX_TRIES = 5


def new_code() -> str:
    """Return a random code of six digits."""
    return f"{randbelow(1_000_000):06}"


class SignUp(models.Model):
    """A phone number to verify, and the code that was sent to it."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    phone = models.CharField(max_length=20)
    code = models.CharField(max_length=6, default=new_code)
    made_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)
    verified = models.BooleanField(default=False)

    @property
    def client_tag(self) -> str:
        """Return the client tag of the SMS with the code."""
        return f"sign-up-{self.id}"

    @classmethod
    def verify(cls, pk: UUID, code: str) -> bool:
        """Return whether the code is right. Each try is counted first, so there are never more than `MAX_TRIES`."""
        young = timezone.now() - CODE_LIFETIME
        valid = cls.objects.filter(pk=pk, made_at__gt=young, tries__lt=MAX_TRIES)
        if not valid.update(tries=models.F("tries") + 1):
            return False
        proven = compare_digest(cls.objects.get(pk=pk).code.encode(), code.encode())
        return proven and bool(cls.objects.filter(pk=pk).update(verified=True))


class Order(models.Model):
    """An order to pick up."""

    id = models.UUIDField(primary_key=True)
    phone = models.CharField(max_length=20)
    item = models.CharField(max_length=100)
    pick_up_at = models.DateTimeField()
    canceled = models.BooleanField(default=False)
    reminder = models.CharField(max_length=20, default="")

    @property
    def client_tag(self) -> str:
        """Return the client tag of the reminder."""
        return f"reminder-{self.id}"

    @property
    def text(self) -> str:
        """Return the text of the reminder."""
        return f"Your {self.item} is ready at {timezone.localtime(self.pick_up_at):%H:%M}."

    @classmethod
    def note(cls, client_tag: str, event_type: str) -> None:
        """Note on an order what happened to its reminder. One that was sent again has the tag `reminder-…~r2`."""
        if client_tag.startswith("reminder-"):
            pk = client_tag.removeprefix("reminder-").partition("~")[0]
            cls.objects.filter(pk=pk).update(reminder=event_type)


class HandledEvent(models.Model):
    """An event from `zettai webhooks` that was handled."""

    id = models.CharField(primary_key=True, max_length=40)
