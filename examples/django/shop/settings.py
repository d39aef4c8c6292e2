"""The project's settings; what differs between machines stands in the environment."""

import os

DEBUG = os.environ.get("DJANGO_DEBUG") == "1"
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY") or "only for development"
ALLOWED_HOSTS = os.environ.get("DJANGO_ALLOWED_HOSTS", "127.0.0.1,localhost").split(",")

INSTALLED_APPS = ["zettai.contrib.django", "shop"]
# A JSON API without cookies: nobody's browser can be made to speak for them.
MIDDLEWARE = ["shop.errors.answer_in_json"]
ROOT_URLCONF = "shop.urls"

DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("SHOP_DATABASE", "shop.sqlite3")}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TIME_ZONE = "Asia/Tokyo"
USE_TZ = True

# Everything else stands in the environment: ZETTAI_REDIS_URL, ZETTAI_CLIENT_ID, ZETTAI_REPORT_SECRET.
ZETTAI = {"BACKEND": "zettai.console.ConsoleSmsClient"} if DEBUG else {}
