"""For development: a client that prints messages instead of sending them.

It prints phone numbers and texts, so do not use it in production.

Example:
    >>> from zettai.console import ConsoleSmsClient
    >>> message = ConsoleSmsClient().send("09012345678", "Your code is 123456", client_tag="login-1", lane="urgent")
    SMS to +819012345678, urgent, login-1:
        Your code is 123456
"""

import sys
from collections.abc import Sequence
from textwrap import indent

from zettai.core.create_result import CreateResult
from zettai.core.new_message import NewMessage
from zettai.core.settings import Settings
from zettai.testing import FakeSmsClient, InMemoryStore


class ConsoleSmsClient(FakeSmsClient):
    """An `SmsClient` without Redis. It prints messages, and keeps them until the process ends."""

    def __init__(self, settings: Settings | None = None) -> None:
        """Build a client.

        Args:
            settings: the defaults for messages. Without them the defaults of the product apply.
        """
        super().__init__(settings, memory=_PrintingStore())


class _PrintingStore(InMemoryStore):
    """Prints each new message once."""

    def create(self, messages: Sequence[NewMessage]) -> list[CreateResult]:
        results = super().create(messages)
        for message, result in zip(messages, results, strict=True):
            if result.ok and not result.repeated and not result.suppressed:
                _print(message)
        return results


def _print(message: NewMessage) -> None:
    when = f", at {message.send_at:%Y-%m-%d %H:%M} Japan time" if message.send_at else ""
    sender = f" from {message.sender}" if message.sender else ""
    header = f"SMS to {message.to}{sender}, {message.lane}, {message.client_tag}{when}:"
    sys.stdout.write(f"{header}\n{indent(message.body, '    ')}\n")
    sys.stdout.flush()
