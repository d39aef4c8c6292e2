"""The settings of a simulator. `command_line` reads them."""

from dataclasses import dataclass, field
from pathlib import Path

from zettai_simulator.behavior import Behavior
from zettai_simulator.carriers import Pace
from zettai_simulator.clock import SECOND
from zettai_simulator.faults import Fault
from zettai_simulator.fields import Credentials
from zettai_simulator.throttle import Limit

TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105 - of an account that does not exist
"""The token of the simulated account."""

CLIENT_ID = "1234"
"""The client ID of the simulated account."""


@dataclass(frozen=True, slots=True)
class Latency:
    """How long each answer takes, in seconds.

    Attributes:
        seconds: The shortest time.
        jitter: The most that is added, evenly distributed.
    """

    seconds: float = 0.0
    jitter: float = 0.0


@dataclass(frozen=True, slots=True)
class Reports:
    """Where delivery reports go.

    Attributes:
        url: Where to push them; None for nowhere.
        timeout: Seconds to wait for an answer.
        pause: Seconds between two attempts.
    """

    url: str | None = None
    timeout: float = 10.0
    pause: float = 5.0


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate files for TLS."""

    chain: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings.

    Attributes:
        host: The address to listen on.
        port: The port to listen on; 0 for any free port.
        credentials: What each call must have.
        pace: How long carriers take.
        limit: The limit of the throttle.
        latency: How long answers take.
        quota: Number of sends that the plan has; None for no quota.
        senders: The sender codes of the account; None for all.
        behavior: What the provider does differently.
        faults: The active faults.
        seed: For the random choice of faults.
        hang: Seconds by which the fault `hang_after` delays an answer.
        reports: Where delivery reports go.
        journal: The file for one line for each accepted message.
        certificate: The files for TLS; without them it is plain HTTP.
        tethered: Whether the simulator stops when stdin is closed, as when its parent dies.
    """

    host: str = "127.0.0.1"
    port: int = 0
    credentials: Credentials = field(default=Credentials(TOKEN, CLIENT_ID))
    pace: Pace = field(default=Pace(delivery=2 * SECOND, kddi_failure=20 * 60 * SECOND))
    limit: Limit = field(default=Limit(calls=600))
    latency: Latency = field(default=Latency())
    quota: int | None = None
    senders: frozenset[str] | None = None
    behavior: Behavior = field(default=Behavior())
    faults: tuple[Fault, ...] = ()
    seed: int = 0
    hang: float = 120.0
    reports: Reports = field(default=Reports())
    journal: Path | None = None
    certificate: Certificate | None = None
    tethered: bool = False
