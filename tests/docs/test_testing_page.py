"""The examples of testing-your-app.md and testing-your-app.ja.md: pytest runs them as tests of a user."""

import pytest
from tests.docs.pages import blocks, read

from zettai import Settings, SmsClient
from zettai.testing.sms_outbox import SmsOutbox

pytest_plugins = ["pytester"]

PAGES = ("docs/how-to/testing-your-app.md", pytest.param("docs/how-to/testing-your-app.ja.md", marks=pytest.mark.long))

AWAY = "redis://127.0.0.1:1"
"""Whoever connects there gets an error."""


@pytest.fixture(autouse=True)
def no_sms_leaves_the_tests(sms_outbox: SmsOutbox) -> None:
    """Keep all messages in memory."""


def test_fixture_for_all_tests_keeps_messages_in_memory() -> None:
    with SmsClient(Settings(redis_url=AWAY)) as client:
        assert client.send("09012345678", "hello").state == "queued"


@pytest.mark.parametrize("page", PAGES)
def test_examples_pass(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", AWAY)
    examples = blocks(read(page), "python")
    pytester.makepyfile(**{f"test_{number}": example for number, example in enumerate(examples)})

    ran = pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider")

    ran.assert_outcomes(passed=3)
    assert len(examples) == 4
