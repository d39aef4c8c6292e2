"""The client and the delivery report endpoint, one each per process.

The settings come from `settings.ZETTAI` and from the environment.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from zettai.client import SmsClient
from zettai.contrib.framework import DeliveryReportEndpoint, FrameworkSettings, PerProcess


def configured() -> Mapping[str, Any]:
    """Return `settings.ZETTAI`."""
    found: Mapping[str, Any] = getattr(settings, "ZETTAI", {})
    return found


def _settings() -> FrameworkSettings:
    return FrameworkSettings.of(configured())


_client = PerProcess(lambda: _settings().build_client())
_report_endpoint = PerProcess(lambda: DeliveryReportEndpoint(_settings()))


def get_client() -> SmsClient:
    """Return the client of this process. Threads share it. It connects to Redis with its first call.

    Raises:
        SettingsError: a setting is invalid, in `settings.ZETTAI` or in the environment. The message is one line.
    """
    return _client.get()


def get_report_endpoint() -> DeliveryReportEndpoint:
    """Return the delivery report endpoint of this process.

    Raises:
        SettingsError: a setting is missing or invalid. The message is one line and names it.
    """
    return _report_endpoint.get()


@receiver(setting_changed)
def _reload_settings(*, setting: str, **_: object) -> None:
    """After a test overrides the settings, the next use builds new objects."""
    if setting == "ZETTAI":
        _client.close()
        _report_endpoint.close()
