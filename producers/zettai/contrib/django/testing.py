"""For your own tests: what your code sends lands in an outbox, as mail does in `django.core.mail.outbox`."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.test.utils import override_settings

from zettai.contrib.django.client import configured
from zettai.contrib.integration import FrameworkSettings
from zettai.testing import FakeSmsClient


@contextmanager
def fake_sms() -> Iterator[FakeSmsClient]:
    """Let `get_client` give a fake client for the length of a block; neither Redis nor settings are needed.

    In a test case, `self.sms = self.enterContext(fake_sms())` in `setUp`; with pytest, in a fixture that yields it.
    What `send_on_commit` sends comes at the commit, which `TestCase` never does: see `captureOnCommitCallbacks`.
    """
    client = FakeSmsClient(FrameworkSettings.of(configured()))
    with override_settings(ZETTAI={**configured(), "BACKEND": lambda _: client}):
        yield client
