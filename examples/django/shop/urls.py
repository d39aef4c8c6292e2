"""The URLs of the shop."""

from django.urls import path

from shop import views
from zettai.contrib.django.views import reports

urlpatterns = [
    path("sign-ups", views.sign_up),
    path("sign-ups/<uuid:pk>", views.get_sign_up),
    path("sign-ups/<uuid:pk>/verify", views.verify),
    path("orders/<uuid:pk>", views.order),
    path("orders/<uuid:pk>/cancel", views.cancel_order),
    path("sms/reports/<str:secret>", reports),
    path("sms/events", views.receive_event),
]
