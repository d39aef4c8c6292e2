"""Far hosts: network namespaces with a slow line to this host. Needs Linux and root."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

ADDRESS = "10.213.0.1"
"""The address of this host for all far hosts."""

LINE = Path(__file__).with_name("slow_line.py")


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
        """Return the command that runs a command there."""
        return ["ip", "netns", "exec", self.name, *words]


def missing() -> str | None:
    """Return why far hosts are not possible here, or None."""
    if os.geteuid() != 0:
        return "needs root, for network namespaces"
    if shutil.which("ip") is None:
        return "needs the program ip"
    return None if Path("/dev/net/tun").exists() else "needs /dev/net/tun"


@contextmanager
def far_hosts(count: int, delay_ms: int) -> Iterator[Sequence[FarHost]]:
    """Create hosts whose packets arrive some milliseconds late.

    Raises:
        subprocess.CalledProcessError: a command failed.
    """
    with ExitStack() as stack:
        _ip("addr", "add", f"{ADDRESS}/32", "dev", "lo")
        stack.callback(_ip, "addr", "del", f"{ADDRESS}/32", "dev", "lo")
        yield [_far_host(stack, number, delay_ms) for number in range(1, count + 1)]


def _far_host(stack: ExitStack, number: int, delay_ms: int) -> FarHost:
    host = FarHost(f"zettai-far-{number}", f"10.213.{number}.2")
    near, far = f"zettai-n{number}", f"zettai-f{number}"
    _ip("netns", "add", host.name)
    stack.callback(_ip, "netns", "del", host.name)
    line = subprocess.Popen(
        [sys.executable, "-I", str(LINE), near, far, str(delay_ms)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    stack.callback(_end, line)
    assert line.stdout is not None
    line.stdout.readline()
    _ip("addr", "add", f"10.213.{number}.1/32", "peer", f"{host.address}/32", "dev", near)
    _ip("link", "set", near, "up")
    _ip("link", "set", far, "netns", host.name)
    there = ("netns", "exec", host.name, "ip")
    _ip(*there, "link", "set", "lo", "up")
    _ip(*there, "addr", "add", f"{host.address}/32", "dev", far)
    _ip(*there, "link", "set", far, "up")
    _ip(*there, "route", "add", "default", "dev", far)
    return host


def _end(line: subprocess.Popen[bytes]) -> None:
    with line:  # closes its stdin
        line.terminate()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, stdout=subprocess.DEVNULL)
