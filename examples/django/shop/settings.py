"""The settings of the project. Settings that differ between hosts come from the environment."""

import os

DEBUG = os.environ.get("DJANGO_DEBUG") == "1"
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY") or "only for development"
ALLOWED_HOSTS = os.environ.get("DJANGO_ALLOWED_HOSTS", "127.0.0.1,localhost").split(",")

INSTALLED_APPS = ["zettai.contrib.django", "shop"]
# A JSON API without cookies needs no protection against CSRF.
MIDDLEWARE = ["shop.errors.json_errors"]
ROOT_URLCONF = "shop.urls"

DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("SHOP_DATABASE", "shop.sqlite3")}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TIME_ZONE = "Asia/Tokyo"
USE_TZ = True

# The secret of the webhook endpoint, if `zettai webhooks` sends events to this shop.
SHOP_WEBHOOK_SECRET = os.environ.get("SHOP_WEBHOOK_SECRET", "")

# All other settings come from the environment: ZETTAI_REDIS_URL, ZETTAI_CLIENT_ID, ZETTAI_REPORT_SECRET.
ZETTAI = {"BACKEND": "zettai.console.ConsoleSmsClient"} if DEBUG else {}
