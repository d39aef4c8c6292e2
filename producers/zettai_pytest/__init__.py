"""The pytest plugin. pytest loads it wherever zettai-sms is installed.

It is a package of its own, so that a test run that does not use it imports nothing of `zettai`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from zettai.testing.sms_outbox import SmsOutbox


@pytest.fixture
def sms_outbox() -> Iterator["SmsOutbox"]:
    """The SMS that the test sends, through any client of zettai. They are kept in memory and reach no Redis."""
    from zettai.testing.sms_outbox import capture_sms  # noqa: PLC0415 - only a test that uses it pays for the import

    with capture_sms() as outbox:
        yield outbox
