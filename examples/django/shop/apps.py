"""The app config."""

from importlib import import_module

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """The shop."""

    name = "shop"

    def ready(self) -> None:
        """Connect the receivers."""
        import_module("shop.receivers")
