"""What a type checker says about the calls of an application."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from zettai.core.carriers import Carrier
from zettai.core.lanes import SENDING_LANES
from zettai.core.options import CarrierName, LaneName, StateName
from zettai.core.states import State

HEAD = """
from datetime import timedelta
from zettai import Carrier, Lane, SmsClient
from zettai.contrib.django import send_on_commit
from zettai.contrib.django.outbox import enqueue

client = SmsClient.from_env()


async def app() -> None:
    {call}
"""


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ('client.send("090", "x", lane="urgnet")', 'Argument "lane" to "send"'),
        ('client.send("090", "x", carrier="kddi")', 'Argument "carrier" to "send"'),
        ('client.send("090", "x", expires_in=5)', 'Argument "expires_in" to "send"'),
        ('client.list(state="deliverd")', 'Argument "state" to "list"'),
        ('client.list(state="delivered", group="g")', ""),
        ('await client.asend("090", "x", lanes="urgent")', 'Unexpected keyword argument "lanes" for "asend"'),
        ('await client.asend("090", "x", lane="urgnet")', 'Argument "lane" to "asend"'),
        ('send_on_commit("090", "x", lane="urgnet")', 'Argument "lane" to "send_on_commit"'),
        ('enqueue("090", "x", durable=True)', 'Unexpected keyword argument "durable" for "enqueue"'),
        ('enqueue("090", "x", lane="urgent", using="other", client_tag="t")', ""),
        ('client.send("090", "x", lane="urgent", carrier="au", expires_in=timedelta(minutes=5))', ""),
        ('await client.asend("090", "x", lane=Lane.URGENT, carrier=Carrier.KDDI, durable=True)', ""),
    ],
)
def test_typing_mistake_is_a_type_error(tmp_path: Path, call: str, error: str) -> None:
    app = tmp_path / "app.py"
    app.write_text(HEAD.format(call=call), encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={CACHE}", str(app)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode != 0) is bool(error), ended.stdout
    assert error in ended.stdout


CACHE = Path(__file__).parents[2] / "build" / "mypy-of-applications"
"""Shared by the runs: without it each of them takes half a minute."""


@pytest.mark.parametrize(
    ("names", "members"), [(LaneName, SENDING_LANES), (CarrierName, tuple(Carrier)), (StateName, tuple(State))]
)
def test_type_checkers_know_each_choice(names: object, members: tuple[str, ...]) -> None:
    _, literal = get_args(names)
    assert get_args(literal) == members
