"""Hosts that are far away: network namespaces with a slow line to this one. Linux, and root, only."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

ADDRESS = "10.213.0.1"
"""Of this host, where servers can be reached from all of them."""


@dataclass(frozen=True, slots=True)
class FarHost:
    """A namespace.

    Attributes:
        name: of the namespace.
        address: of the host in it.
    """

    name: str
    address: str

    def command(self, *words: str) -> list[str]:
        """A command that runs there."""
        return ["ip", "netns", "exec", self.name, *words]


def missing() -> str | None:
    """Why there can be no far hosts here, or None."""
    if os.geteuid() != 0:
        return "needs root, for network namespaces"
    absent = [program for program in ("ip", "tc") if shutil.which(program) is None]
    return f"needs the program {absent[0]}" if absent else None


@contextmanager
def far_hosts(count: int, delay_ms: int) -> Iterator[Sequence[FarHost]]:
    """Some hosts, from which every packet takes so many milliseconds longer.

    Raises:
        subprocess.CalledProcessError: the system refuses.
    """
    with ExitStack() as stack:
        _ip("link", "add", "zettai-near", "type", "dummy")
        stack.callback(_ip, "link", "del", "zettai-near")
        _ip("addr", "add", f"{ADDRESS}/32", "dev", "zettai-near")
        _ip("link", "set", "zettai-near", "up")
        yield [_far_host(stack, number, delay_ms) for number in range(1, count + 1)]


def _far_host(stack: ExitStack, number: int, delay_ms: int) -> FarHost:
    host = FarHost(f"zettai-far-{number}", f"10.213.{number}.2")
    here, there, gateway = f"zettai-h{number}", f"zettai-t{number}", f"10.213.{number}.1"
    _ip("netns", "add", host.name)
    stack.callback(_ip, "netns", "del", host.name)
    _ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", host.name)
    _ip("addr", "add", f"{gateway}/24", "dev", here)
    _ip("link", "set", here, "up")
    inside = ("netns", "exec", host.name)
    _ip(*inside, "ip", "link", "set", "lo", "up")
    _ip(*inside, "ip", "addr", "add", f"{host.address}/24", "dev", there)
    _ip(*inside, "ip", "link", "set", there, "up")
    _ip(*inside, "ip", "route", "add", ADDRESS, "via", gateway)
    _ip(*inside, "tc", "qdisc", "add", "dev", there, "root", "netem", "limit", "100000", "delay", f"{delay_ms}ms")
    return host


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
