"""The pytest plugin, in the test runs of other projects."""

import pytest

pytestmark = pytest.mark.long

pytest_plugins = ["pytester"]

AWAY = "redis://127.0.0.1:1"
"""Whoever connects there gets an error."""

OLD_HTTPX = "ignore:Using `httpx` with `starlette.testclient` is deprecated"
"""A warning of Starlette, about the HTTP client of its own test client."""

DJANGO = """
import django, pytest
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["zettai.contrib.django"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    ZETTAI={"DURABLE": True},
)
django.setup()

from django.test import TestCase
from zettai.contrib.django import get_client, send_on_commit

def test_function(sms_outbox):
    get_client().send("09012345678", "from Django")
    assert [message.body for message in sms_outbox] == ["from Django"]

@pytest.mark.usefixtures("sms_outbox")
class SignUpTests(TestCase):
    @pytest.fixture(autouse=True)
    def outbox(self, sms_outbox):
        self.sms_outbox = sms_outbox

    def test_commit(self):
        assert self.sms_outbox == []
        with self.captureOnCommitCallbacks(execute=True):
            send_on_commit("09012345678", "on commit")
            assert not self.sms_outbox
        assert len(self.sms_outbox) == 1
"""

FLASK = """
from flask import Flask
from zettai.contrib.flask import Zettai, current_sms

app = Flask(__name__)
Zettai(app)

@app.post("/")
def send():
    return current_sms.send("09012345678", "from Flask").client_tag

def test_app(sms_outbox):
    tag = app.test_client().post("/").text
    assert [message.client_tag for message in sms_outbox] == [tag]

def test_outbox_of_another_test_is_empty(sms_outbox):
    assert sms_outbox == []
    assert len(app.test_client().post("/").text) == 32
    assert len(sms_outbox) == 1
"""

FASTAPI = """
from fastapi import FastAPI
from fastapi.testclient import TestClient
from zettai.contrib.fastapi import Sms, lifespan

app = FastAPI(lifespan=lifespan)

@app.post("/")
async def send(sms: Sms) -> str:
    return (await sms.asend("09012345678", "from FastAPI")).client_tag

def test_app(sms_outbox):
    with TestClient(app) as client:
        tag = client.post("/").json()
    assert [message.client_tag for message in sms_outbox] == [tag]
"""

LIBRARY = """
import pytest
from zettai import LedgerUnavailable, SmsClient
from zettai.testing.sms_outbox import SmsOutbox

client = SmsClient.from_env()

def test_client_of_a_module(sms_outbox: SmsOutbox) -> None:
    client.send("09012345678", "hello")
    [message] = sms_outbox
    assert message.to == "+819012345678"

def test_without_the_fixture_nothing_is_captured() -> None:
    with pytest.raises(LedgerUnavailable):
        client.send("09012345678", "hello")
"""

STRANGER = """
import sys

def test_nothing_of_ours_is_imported():
    assert "zettai_pytest" in sys.modules
    assert not {"zettai", "zettai_worker", "celery", "redis", "pydantic", "structlog"} & {*sys.modules}
"""

OWN_FIXTURE = """
import pytest

@pytest.fixture
def sms_outbox():
    return ["mine"]

def test_fixture_of_the_project_wins(sms_outbox):
    assert sms_outbox == ["mine"]
"""


@pytest.mark.parametrize(
    ("project", "tests"),
    [(DJANGO, 2), (FLASK, 2), (FASTAPI, 1), (LIBRARY, 2), (STRANGER, 1), (OWN_FIXTURE, 1)],
    ids=["django", "flask", "fastapi", "library", "stranger", "own_fixture"],
)
def test_project_uses_the_fixture_without_setup(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, project: str, tests: int
) -> None:
    """Redis is not there. Warnings are errors, also those of pytest about plugins."""
    monkeypatch.setenv("ZETTAI_REDIS_URL", AWAY)
    monkeypatch.setenv("ZETTAI_CLIENT_TIMEOUT", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(project)

    ran = pytester.runpytest_subprocess("-W", "error", "-W", OLD_HTTPX, "-p", "no:cacheprovider")

    ran.assert_outcomes(passed=tests)


def test_list_of_fixtures_explains_it(pytester: pytest.Pytester) -> None:
    ran = pytester.runpytest_subprocess("--fixtures")

    ran.stdout.fnmatch_lines(["sms_outbox -- *zettai_pytest*", "*The SMS that the test sends*"])
