"""The app's place in Django, and the check of its settings by `manage.py check`."""

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from zettai.contrib.django.client import configured
from zettai.contrib.integration import FrameworkSettings
from zettai.core.errors import SettingsError


class ZettaiConfig(AppConfig):
    """The app `zettai.contrib.django`; it has no models."""

    name = "zettai.contrib.django"
    label = "zettai"
    verbose_name = "絶対リーチ! SMS"

    def ready(self) -> None:
        """Have the settings checked with the project's others."""
        register(check_settings)


def check_settings(**_: object) -> list[CheckMessage]:
    """Tell of wrong settings at start rather than at the first message."""
    try:
        FrameworkSettings.of(configured())
    except SettingsError as error:
        return [Error(str(error), id="zettai.E001")]
    return []
