"""What goes wrong in the middle of the campaign: how often, and what that looks like to a worker."""

from dataclasses import dataclass

FAULTY = 2000
"""Messages of the campaign that are not sent yet when things begin to go wrong."""

FAULTS_LAST = 4.0
"""Seconds for which they go wrong."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of the simulated provider.

    Attributes:
        kind: its name there.
        rate: the part of the calls that it strikes.
        words: what a worker sees; most of those messages were taken all the same.
        endpoint: the calls that it strikes: sends, or status checks.
    """

    kind: str
    rate: float
    words: str
    endpoint: str = "mt"

    def to_json(self) -> dict[str, object]:
        """As the simulator's control API wants it."""
        return {"kind": self.kind, "rate": self.rate, "endpoint": self.endpoint}


FAULTS = (
    Fault("cut_after", 0.03, "cut"),
    Fault("error_after", 0.03, "500"),
    Fault("hang_after", 0.005, "silence"),
    Fault("broken_json", 0.02, "half JSON"),
    Fault("html", 0.02, "HTML"),
    Fault("unavailable", 0.03, "503"),
    Fault("throttled", 0.01, "429"),
    Fault("unavailable", 0.10, "status 503", endpoint="status"),
)
