"""`zettai dev`: the whole product on this machine, for an application in development."""

import shlex
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

from zettai import Settings
from zettai.gateway.api_keys import Scope, new_key
from zettai_demo.stack import ZETTAI, Stack, StackError, TiedRedis, wait_until
from zettai_simulator import SimulatorProcess

HOST = "127.0.0.1"

DELIVERY_AFTER = 0.5
"""Seconds from sending to the final status."""

STATUS_CHECK_AFTER = "1"
"""Seconds from the acceptance to the first status check: a developer waits for it."""

GUARDS_OFF = {"URGENT_PER_NUMBER": "", "SAME_TEXT_PER_MINUTE": "0"}
"""A developer sends the same code to the same number again and again."""

START_TIMEOUT = 60.0
"""Seconds until the gateway must listen."""

GRACE = 10.0
"""Seconds that processes have to end by themselves."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports on this machine.

    Attributes:
        redis: of the embedded Redis.
        inbox: of the simulator, with its inbox page.
        gateway: of the HTTP API and the console.
    """

    redis: int
    inbox: int
    gateway: int


@dataclass(frozen=True, slots=True)
class Development:
    """The running product.

    Attributes:
        inbox: the URL of the page with the messages that arrived.
        gateway: the URL of the HTTP API. The console is at its path `/console`.
        environment: the variables for the application, without the provider's token.
        stack: to check that all processes run.
    """

    inbox: str
    gateway: str
    environment: Mapping[str, str]
    stack: Stack

    def lines(self, prefix: str = "") -> Iterator[str]:
        """Yield a line for each variable, quoted for a shell and for a dotenv file."""
        for name, value in self.environment.items():
            yield f"{prefix}{name}={shlex.quote(value)}"


@contextmanager
def development(folder: Path, ports: Ports) -> Iterator[Development]:
    """Run everything inside the block. The processes end with this one, on Linux also if it is killed.

    Args:
        folder: for logs, and for the files of Redis.
        ports: they must be free.

    Raises:
        StackError: a process did not start. The message is the end of its log.
    """
    gateway = f"http://{HOST}:{ports.gateway}"
    key, stored = new_key("dev", list(Scope))
    settings = {
        "STATUS_CHECK_AFTER": STATUS_CHECK_AFTER,
        "GATEWAY_PORT": str(ports.gateway),
        "GATEWAY_KEYS": str(stored),
        "CONSOLE": "yes",
        "CONSOLE_SECRET": token_urlsafe(32),
        "CONSOLE_HTTPS": "no",
        **GUARDS_OFF,
    }
    simulator = SimulatorProcess(log=folder / "simulator.log", port=ports.inbox, delivery_after=DELIVERY_AFTER)
    with (
        TiedRedis(folder / "redis", ports.redis) as redis,
        Stack(folder, redis=redis.url, simulator=simulator, grace=GRACE, settings=settings, tied=True) as stack,
    ):
        supervisor = stack.start_supervisor("--grace", str(GRACE), "--processes", "1")
        stack.start("gateway", [*ZETTAI, "gateway"])
        wait_until(lambda: _listens(ports.gateway) or _check(stack), START_TIMEOUT)
        supervisor.wait_until_ready()
        stack.check()
        environment = _of_applications(stack.environment) | {"GATEWAY": gateway, "KEY": key}
        yield Development(f"{stack.simulator.url}/", gateway, environment, stack)


def _of_applications(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are settings of applications."""
    names = {f"ZETTAI_{name.upper()}" for name in Settings.model_fields}
    return {name: value for name, value in environment.items() if name in names}


def _check(stack: Stack) -> bool:
    stack.check()
    return False


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection((HOST, port), 1):
        return True
    return False


__all__ = ["Development", "Ports", "StackError", "development"]
