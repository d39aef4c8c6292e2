"""What the shop remembers."""

from datetime import timedelta
from secrets import compare_digest, randbelow
from uuid import UUID, uuid4

from django.db import models
from django.utils import timezone

CODE_LIVES = timedelta(minutes=10)
TRIES = 5


def new_code() -> str:
    """Six digits."""
    return f"{randbelow(1_000_000):06}"


class SignUp(models.Model):
    """Somebody who says that a phone is theirs, and the code that can prove it."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    phone = models.CharField(max_length=20)
    code = models.CharField(max_length=6, default=new_code)
    made_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)
    verified = models.BooleanField(default=False)

    @property
    def client_tag(self) -> str:
        """Of the SMS with the code."""
        return f"sign-up-{self.id}"

    @classmethod
    def verify(cls, pk: UUID, code: str) -> bool:
        """Whether this is the code. Each try counts before it is compared, so that nobody has more than `TRIES`."""
        young = timezone.now() - CODE_LIVES
        open_ones = cls.objects.filter(pk=pk, made_at__gt=young, tries__lt=TRIES)
        if not open_ones.update(tries=models.F("tries") + 1):
            return False
        proven = compare_digest(cls.objects.get(pk=pk).code.encode(), code.encode())
        return proven and bool(cls.objects.filter(pk=pk).update(verified=True))


class Order(models.Model):
    """Something to be picked up."""

    id = models.UUIDField(primary_key=True)
    phone = models.CharField(max_length=20)
    item = models.CharField(max_length=100)
    pick_up_at = models.DateTimeField()
    canceled = models.BooleanField(default=False)

    @property
    def client_tag(self) -> str:
        """Of the reminder."""
        return f"reminder-{self.id}"
