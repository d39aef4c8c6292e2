"""The client and the door for reports, as `settings.ZETTAI` and the environment have them: one each a process."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from zettai.client import SmsClient
from zettai.contrib.integration import DeliveryReportEndpoint, FrameworkSettings, OnePerProcess


def configured() -> Mapping[str, Any]:
    """What the project's settings say; the environment says the rest."""
    found: Mapping[str, Any] = getattr(settings, "ZETTAI", {})
    return found


def _settings() -> FrameworkSettings:
    return FrameworkSettings.of(configured())


_client = OnePerProcess(lambda: _settings().build_client())
_door = OnePerProcess(lambda: DeliveryReportEndpoint(_settings()))


def get_client() -> SmsClient:
    """The client of this process; threads share it. Nothing is connected before its first call.

    Raises:
        SettingsError: one line that names what is wrong in `settings.ZETTAI`, or in the environment.
    """
    return _client.get()


def get_door() -> DeliveryReportEndpoint:
    """What takes delivery reports in this process.

    Raises:
        SettingsError: one line that names what is wrong, or missing.
    """
    return _door.get()


@receiver(setting_changed)
def _begin_anew(*, setting: str, **_: object) -> None:
    """A test has overridden the settings: the next use builds what they say now."""
    if setting == "ZETTAI":
        _client.close()
        _door.close()
