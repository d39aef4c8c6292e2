"""A simulator in a process of its own, for tests and the demo. Needs only the standard library."""

import json
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

_PAGE = 5000
_PATIENCE = 30.0  # seconds for a control call
_END = 10.0  # seconds for a clean stop

Flag = str | float | Path | Sequence[str] | None
"""A command line flag's value; a sequence repeats the flag, None leaves it out."""


class SimulatorProcess:
    """Starts `python -m zettai_simulator` and calls its control API.

    Keywords are the flags of the command line with underscores: `SimulatorProcess(limit=450, fault=["html:times=1"])`.

    Attributes:
        url: The base URL to give to a client of the provider.
        pid: The process id.
    """

    url: str
    pid: int

    def __init__(self, *, log: Path | None = None, **flags: Flag) -> None:
        """Prepare the process; it is not started yet.

        Args:
            log: The file for stderr; without it, stderr is that of this process.
            flags: Of the command line, with underscores.
        """
        self._log = log
        self._flags = flags
        self._process: subprocess.Popen[bytes] | None = None
        certificate = flags.get("certificate")
        tls = None if certificate is None else _trusting(Path(str(certificate)))
        # The simulator is on this machine: a proxy of the environment does not lead to it.
        self._opener = build_opener(ProxyHandler({}), HTTPSHandler(context=tls))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Start the process; on return it listens.

        Raises:
            RuntimeError: It ended at once; the reason is on its stderr.
        """
        command = [sys.executable, "-m", "zettai_simulator", "--tethered", *_words(self._flags)]
        with ExitStack() as exits:
            stderr = None if self._log is None else exits.enter_context(self._log.open("wb"))
            # In a session of its own: Ctrl-C reaches the parent alone, which stops the simulator.
            self._process = subprocess.Popen(  # noqa: S603 - our own words
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True
            )
        first_line = self._process.stdout.readline() if self._process.stdout else b""
        if not first_line:
            self.stop()
            raise RuntimeError("the simulator did not start")
        started = json.loads(first_line)
        self.url, self.pid = started["url"], started["pid"]
        return self

    def stop(self) -> int | None:
        """Stop the process, kill it if it does not stop, and return its exit code."""
        process, self._process = self._process, None
        if process is None:
            return None
        with process:  # closes its pipes
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_END)
            process.kill()
        return process.returncode

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Make a call of the control API, such as `("GET", "stats")`.

        Raises:
            RuntimeError: The call was refused; the text is the reason.
        """
        request = Request(  # noqa: S310 - our own URL
            f"{self.url}/simulator/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=_PATIENCE) as response:
                return json.load(response)
        except HTTPError as error:
            with error:
                raise RuntimeError(f"{error.code} {error.read().decode(errors='replace')}") from None

    def records(self, start: int = 0) -> list[dict[str, Any]]:
        """Return the messages that were taken, in that order, without the first `start` ones."""
        return list(self._pages(start))

    def record_of(self, client_tag: str) -> dict[str, Any]:
        """Return the record of one message, or what is known about a client tag that was never taken."""
        return dict(self.control("GET", f"truth/{quote(client_tag, safe='')}"))

    def stats(self) -> dict[str, Any]:
        """Return the statistics."""
        return dict(self.control("GET", "stats"))

    def arrivals(self, since: int = 0) -> list[tuple[int, str]]:
        """Return the instant (microseconds) and the endpoint of each API call, in the order of arrival."""
        found = self.control("GET", f"arrivals?since={since}")
        names = found["names"]
        return sorted((at, names[n]) for at, n in zip(found["instants"], found["endpoints"], strict=True))

    def in_flight(self) -> int:
        """Return the number of API calls that were read and are not answered yet."""
        return int(self.control("GET", "in_flight")["calls"])

    def faults(self) -> list[dict[str, Any]]:
        """Return the active faults."""
        return list(self.control("GET", "faults"))

    def set_faults(self, *faults: Mapping[str, Any]) -> None:
        """Replace all faults: `set_faults({"kind": "cut_after", "times": 1})`; without any, there are no faults."""
        self.control("PUT", "faults", faults)

    def set_behavior(self, **behavior: float) -> None:
        """Replace what the provider does differently: `set_behavior(rewrites=True, lag=3)`; without any, nothing."""
        self.control("PUT", "behavior", behavior)

    def make_due(self, *client_tags: str) -> list[str]:
        """Send these reservations now (without a tag: all), and return the client tags that were sent."""
        body = {"clientTags": client_tags} if client_tags else {}
        return list(self.control("POST", "reservations/due", body)["clientTags"])

    def cancel_in_console(self, client_tag: str) -> None:
        """Cancel a reservation as an operator does in the provider's console."""
        self.control("DELETE", f"reservations/{quote(client_tag, safe='')}")

    def set_quota(self, remaining: int | None) -> None:
        """Set how many sends the plan has left; None for no quota."""
        self.control("PUT", "quota", {"remaining": remaining})

    def set_senders(self, *codes: str) -> None:
        """Set the sender codes of the account. Without any, all are accepted."""
        self.control("PUT", "senders", {"codes": list(codes) or None})

    def set_billed_parts(self, **months: Mapping[str, int]) -> None:
        """Let the provider have billed parts of messages that it does not know, by month (`2026-10`) and carrier."""
        self.control("PUT", "billed_parts", months)

    def set_latency(self, seconds: float, jitter: float = 0.0) -> None:
        """Set how long answers take."""
        self.control("PUT", "latency", {"seconds": seconds, "jitter": jitter})

    def set_limit(self, calls: int | None, throttle_for: float = 0.0, retry_after: int | None = None) -> None:
        """Set the limit of the throttle; None for no limit."""
        self.control("PUT", "limit", {"calls": calls, "throttleFor": throttle_for, "retryAfter": retry_after})

    def reset(self) -> None:
        """Reset everything to the start."""
        self.control("POST", "reset")

    def _pages(self, start: int) -> Iterator[dict[str, Any]]:
        offset: int | None = start
        while offset is not None:
            page = self.control("GET", f"truth?offset={offset}&limit={_PAGE}")
            yield from page["messages"]
            offset = page["next"]


def _words(flags: Mapping[str, Flag]) -> Iterator[str]:
    """Return the flags as arguments of a command line."""
    for name, value in flags.items():
        if value is None:
            continue
        for one in value if isinstance(value, list | tuple) else [value]:
            yield f"--{name.replace('_', '-')}={one}"


def _trusting(certificate: Path) -> ssl.SSLContext:
    """Return a context that trusts exactly this certificate, whatever its name and its issuer."""
    context = ssl.create_default_context(cafile=str(certificate))
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
