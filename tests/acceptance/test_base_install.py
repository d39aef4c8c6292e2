"""The installation of a web app: producers work with the base dependencies alone, and without any secret."""

import os
import subprocess
import sys

from tests.docs.pages import ROOT

PROJECT = ROOT / "pyproject.toml"

WEB_APP = """
import sys
import tomllib
from importlib.metadata import packages_distributions, requires
from importlib.abc import MetaPathFinder
from pathlib import Path
from packaging.requirements import Requirement

PROJECT = Path(sys.argv[1]).read_text()

def closure(lines, extras=("",)):
    for needed in map(Requirement, lines):
        if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
            yield normal(needed.name)
            yield from closure(requires(needed.name) or (), needed.extras or ("",))

def normal(name):
    return name.lower().replace("_", "-")

installed = {"zettai-sms", *closure(tomllib.loads(PROJECT)["project"]["dependencies"])}
extras = {
    module for module, names in packages_distributions().items() if not {normal(name) for name in names} & installed
} | {"worker", "simulator"}
assert {"requests", "limits", "typer", "rich", "starlette", "uvicorn", "prometheus_client", "defusedxml"} <= extras

class NotInstalled(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in extras:
            raise ModuleNotFoundError(name)

for name in [name for name in sys.modules if name.partition(".")[0] in extras]:
    del sys.modules[name]
sys.meta_path.insert(0, NotInstalled())

from zettai import SmsClient
from zettai.core.delivery_reports import ReportTaker, Unreadable
from zettai.testing import FakeSmsClient

with SmsClient.from_env() as client:
    message = client.send("09012345678", "from a web app", durable=True)
    assert client.get(message.client_tag) == message
    assert [receipt.ok for receipt in client.send_many([{"to": "09012345678", "body": "x"}])] == [True]
    assert client.cancel(message.client_tag) == "canceled"
assert FakeSmsClient().send("09012345678", "x")

with ReportTaker.from_env(client_id="1234") as taker:
    taker.take(b'json={"eventNotifications": [{"clientTag": "t", "phoneNumber": "09012345678", "statusId": 2}]}')
    try:
        taker.take(b"xml=<a/>")
    except Unreadable as error:
        assert "zettai-sms[gateway]" in str(error)
    else:
        raise AssertionError
print(client.__class__.__name__, *(name for name in sys.modules if name in extras))
"""


def test_a_web_app_needs_the_base_alone(redis_url: str) -> None:
    """Everything that only an extra brings is as good as not installed, and no setting but Redis is there."""
    environment = {"PATH": os.environ["PATH"], "ZETTAI_REDIS_URL": redis_url}

    command = [sys.executable, "-W", "error", "-c", WEB_APP, str(PROJECT)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert (ran.stderr, ran.stdout.splitlines()[-1:]) == ("", ["SmsClient"])
