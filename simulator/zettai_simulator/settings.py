"""How one simulator is set up. Where the values come from is not known here; see `command_line`."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from zettai_simulator.carriers import Pace
from zettai_simulator.clock import SECOND
from zettai_simulator.faults import Fault
from zettai_simulator.fields import Credentials
from zettai_simulator.throttle import Limit

TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105 - of an account that exists nowhere
"""The token of the simulated account."""

CLIENT_ID = "1234"
"""Its client id."""


class ReportFormat(StrEnum):
    """The form field, and so the format, of delivery reports."""

    JSON = "json"
    XML = "xml"


@dataclass(frozen=True, slots=True)
class Latency:
    """How long each answer takes, in seconds.

    Attributes:
        seconds: At least so long.
        jitter: Up to so much longer, evenly spread.
    """

    seconds: float = 0.0
    jitter: float = 0.0


@dataclass(frozen=True, slots=True)
class Reports:
    """Where delivery reports go.

    Attributes:
        url: Where to push them; None pushes none.
        format: As what.
        patience: Seconds to wait for an answer.
        pause: Seconds between two tries.
    """

    url: str | None = None
    format: ReportFormat = ReportFormat.JSON
    patience: float = 10.0
    pause: float = 5.0


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files that make the server speak TLS."""

    chain: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be chosen at the start.

    Attributes:
        host: The address to listen at.
        port: The port to listen at; 0 takes any free one.
        credentials: What calls must carry.
        pace: How long carriers take.
        limit: What the throttle enforces.
        latency: How long answers take.
        quota: How many sends the plan has; None is no end of them.
        faults: What goes wrong.
        seed: For dice that fall the same way in each run.
        hang: Seconds for which the fault `hang_after` keeps a client waiting.
        reports: Where delivery reports go.
        journal: The file that gets a line for each message taken.
        certificate: The files for TLS; without them it is plain HTTP.
        tethered: Whether the end of stdin, and so the death of a parent, ends the simulator.
    """

    host: str = "127.0.0.1"
    port: int = 0
    credentials: Credentials = field(default=Credentials(TOKEN, CLIENT_ID))
    pace: Pace = field(default=Pace(delivery=2 * SECOND, kddi_failure=20 * 60 * SECOND))
    limit: Limit = field(default=Limit(calls=600))
    latency: Latency = field(default=Latency())
    quota: int | None = None
    faults: tuple[Fault, ...] = ()
    seed: int = 0
    hang: float = 120.0
    reports: Reports = field(default=Reports())
    journal: Path | None = None
    certificate: Certificate | None = None
    tethered: bool = False
