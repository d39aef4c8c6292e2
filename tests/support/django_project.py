"""A Django project for all tests of one process: it can be set up only once there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.conf import settings
from django.db import connection
from django.urls import path

from zettai.contrib.django.views import reports

urlpatterns = [path("sms/reports/<str:secret>", reports)]


@contextmanager
def project(folder: Path) -> Iterator[None]:
    """Set it up, with a database of SQLite in a folder; tests change it by `override_settings`."""
    settings.configure(
        ALLOWED_HOSTS=["testserver"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "django.db")}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=["zettai.contrib.django"],
        MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="for tests only",
        USE_TZ=True,
    )
    django.setup()
    yield
    connection.close()
