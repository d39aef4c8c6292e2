"""For development: a client that prints what would be sent. It shows numbers and texts, so it is not for production.

Example:
    >>> from zettai.console import ConsoleSmsClient
    >>> message = ConsoleSmsClient().send("09012345678", "Your code is 123456", client_tag="login-1", lane="urgent")
    SMS to +819012345678, urgent, login-1:
        Your code is 123456
"""

import sys
from collections.abc import Sequence
from textwrap import indent

from zettai.core.settings import Settings
from zettai.core.store import Created
from zettai.core.validation import Draft
from zettai.testing import FakeSmsClient, InMemoryStore


class ConsoleSmsClient(FakeSmsClient):
    """An `SmsClient` without Redis: what is sent is printed, and remembered as long as the process lives."""

    def __init__(self, settings: Settings | None = None) -> None:
        """Build a client.

        Args:
            settings: the defaults for messages; those of the product unless given.
        """
        super().__init__(settings, memory=_PrintingStore())


class _PrintingStore(InMemoryStore):
    """Prints each new message once."""

    def create(self, drafts: Sequence[Draft]) -> list[Created]:
        created = super().create(drafts)
        for draft, answer in zip(drafts, created, strict=True):
            if answer.at is not None:
                _show(draft)
        return created


def _show(draft: Draft) -> None:
    when = f", at {draft.send_at:%Y-%m-%d %H:%M} Japan time" if draft.send_at else ""
    sys.stdout.write(f"SMS to {draft.to}, {draft.lane}, {draft.client_tag}{when}:\n{indent(draft.body, '    ')}\n")
    sys.stdout.flush()
