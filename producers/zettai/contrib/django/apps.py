"""The Django app config. `manage.py check` checks the settings."""

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from zettai.contrib.django.client import configured
from zettai.contrib.framework import FrameworkSettings
from zettai.core.errors import SettingsError


class ZettaiConfig(AppConfig):
    """The app `zettai.contrib.django`. It has no models."""

    name = "zettai.contrib.django"
    label = "zettai"
    verbose_name = "絶対リーチ! SMS"

    def ready(self) -> None:
        """Register the check of the settings."""
        register(check_settings)


def check_settings(**_: object) -> list[CheckMessage]:
    """Report invalid settings at start, before the first message."""
    try:
        FrameworkSettings.of(configured())
    except SettingsError as error:
        return [Error(str(error), id="zettai.E001")]
    return []
