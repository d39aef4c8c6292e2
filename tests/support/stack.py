"""The stack with short times, so that tests do not wait long for retries and status checks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from zettai import State
from zettai_demo.stack import Stack, wait_until
from zettai_simulator import SimulatorProcess
from zettai_simulator.settings import TOKEN

__all__ = [
    "HANG",
    "KDDI_FAILURE",
    "SHORT_TIMES",
    "TAKEN",
    "TOKEN",
    "Stack",
    "eventually",
    "send_directly",
    "short_stack",
]

SHORT_TIMES = {
    "HTTP_TIMEOUT": "3",
    "LEASE": "9",
    "RETRY_AFTER": "0.3",
    "RETRY_CAP": "1",
    "HOLD_FOR": "1",
    "STATUS_CHECK_AFTER": "0.4",
    "KDDI_WAIT": "8",
    "OVERDUE_AFTER": "1.5",
    "GIVE_UP_AFTER": "120",
    "SWEEP_INTERVAL": "1",
}
"""The times of the product in seconds, each shortened so that their order stays.

Calls and checks have room for a machine that stands still for a few seconds.
"""

HANG = 2 * float(SHORT_TIMES["HTTP_TIMEOUT"])
"""So long, in seconds, the simulator hangs: longer than a worker waits."""

KDDI_FAILURE = 2 * float(SHORT_TIMES["KDDI_WAIT"])
"""After so many seconds the simulator reports a failure at KDDI: when the message is overdue, before it is given up."""

TIMEOUT = 120.0
"""Seconds until an awaited event counts as missing."""


TAKEN = (State.ACCEPTED, State.SENDING, State.DELIVERED)
"""The states of a message that the provider has taken, and that does not fail."""


def eventually(condition: Callable[[], Any], expected: str, timeout: float = TIMEOUT) -> Any:
    """Wait until a condition is true, and return its value; fail with what was expected."""
    if not (value := wait_until(condition, timeout)):
        raise AssertionError(f"expected within {timeout} s: {expected}")
    return value


def short_stack(redis_url: str, simulator: SimulatorProcess, folder: Path, key_prefix: str, **settings: str) -> Stack:
    """Return a stack with short times on a running Redis, with no process started yet; it logs everything."""
    # Tests repeat one text to one number. On a busy machine Redis answers late.
    common = {"LOG_LEVEL": "DEBUG", "SAME_TEXT_PER_MINUTE": "0", "CLIENT_TIMEOUT": "60"}
    settings = {**common, **SHORT_TIMES, **settings}
    return Stack(folder, redis=redis_url, simulator=simulator, key_prefix=key_prefix, settings=settings)


def send_directly(stack: Stack, number: str, body: str, *, client_tag: str) -> None:
    """Send a message to the provider without the store."""
    form = {
        "token": stack.environment["ZETTAI_TOKEN"],
        "clientId": stack.environment["ZETTAI_CLIENT_ID"],
        "smsCode": stack.environment["ZETTAI_SMS_CODE"],
        "message": body,
        "phoneNumber": number,
        "clientTag": client_tag,
    }
    response = requests.post(f"{stack.simulator.url}/p5/api/mt.json", data=form, timeout=5)
    assert response.json()["responseCode"] == 0
