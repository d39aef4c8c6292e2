"""The app config of the outbox."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """The app `zettai.contrib.django.outbox`."""

    name = "zettai.contrib.django.outbox"
    label = "zettai_outbox"
    verbose_name = "SMS outbox"
    default_auto_field = "django.db.models.BigAutoField"
