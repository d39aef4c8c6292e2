"""The Django app config. `manage.py check` checks the settings and the route of delivery reports."""

from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's name
from django.urls import URLPattern, get_resolver

from zettai.contrib.django.client import configured
from zettai.contrib.django.views import reports
from zettai.contrib.framework import FrameworkSettings
from zettai.core.errors import SettingsError


class ZettaiConfig(AppConfig):
    """The app `zettai.contrib.django`. It has no models; those of the outbox are in an app of their own."""

    name = "zettai.contrib.django"
    label = "zettai"
    verbose_name = "絶対リーチ! SMS"

    def ready(self) -> None:
        """Register the checks."""
        register(check_settings)
        register(check_reports_route, Tags.urls)


def check_settings(**_: object) -> list[CheckMessage]:
    """Report invalid settings at start, before the first message."""
    try:
        FrameworkSettings.of(configured())
    except SettingsError as error:
        return [Error(str(error), id="zettai.E001")]
    return []


def check_reports_route(**_: object) -> list[CheckMessage]:
    """Warn of a route for delivery reports without its secret: each report would get the status 500."""
    if not getattr(settings, "ROOT_URLCONF", None) or _has_report_secret():
        return []
    if all(route.callback is not reports for route in _routes(get_resolver())):
        return []
    return [
        Warning(
            "ZETTAI_REPORT_SECRET is not set, so the view zettai.contrib.django.views.reports answers 500.",
            hint="Set ZETTAI_REPORT_SECRET and ZETTAI_CLIENT_ID, or remove the route.",
            id="zettai.W001",
        )
    ]


def _has_report_secret() -> bool:
    try:
        return FrameworkSettings.of(configured()).report_secret is not None
    except SettingsError:
        return True  # `check_settings` reports it


def _routes(resolver: Any) -> Iterator[URLPattern]:
    for one in resolver.url_patterns:
        if isinstance(one, URLPattern):
            yield one
        else:
            yield from _routes(one)
