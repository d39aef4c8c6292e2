"""The URLs of the Django project for tests."""

from django.contrib import admin
from django.urls import include, path

from zettai.contrib.django.views import reports

urlpatterns = [
    path("admin/", admin.site.urls),
    path("sms/", include([path("reports/<str:secret>", reports)])),
]
