"""For your tests: sent messages go to an outbox, like mail in `django.core.mail.outbox`."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.test.utils import override_settings

from zettai.contrib.django.client import configured
from zettai.contrib.framework import FrameworkSettings
from zettai.testing import FakeSmsClient


@contextmanager
def fake_sms() -> Iterator[FakeSmsClient]:
    """Replace the client of `get_client` by a fake in a `with` block. It needs neither Redis nor settings.

    In a test case, call `self.sms = self.enterContext(fake_sms())` in `setUp`. With pytest, use a fixture that yields
    it. `send_on_commit` sends at the commit, but `TestCase` never commits: use `captureOnCommitCallbacks`.
    """
    client = FakeSmsClient(FrameworkSettings.of(configured()))
    with override_settings(ZETTAI={**configured(), "BACKEND": lambda _: client}):
        yield client
