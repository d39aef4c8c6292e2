"""The pages of the console, one module for each part of its navigation."""

from collections.abc import Sequence

from zettai_console.app import View
from zettai_console.pages import (
    account,
    campaign_control,
    campaigns,
    canceling,
    dead_letters,
    login,
    messages,
    suppressions,
    upload,
)

VIEWS: Sequence[View] = (
    *login.VIEWS,
    *account.VIEWS,
    *messages.VIEWS,
    *campaigns.VIEWS,
    *campaign_control.VIEWS,
    *canceling.VIEWS,
    *upload.VIEWS,
    *dead_letters.VIEWS,
    *suppressions.VIEWS,
)
"""All pages."""
