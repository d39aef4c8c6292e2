"""The faults that the demo injects in the middle of the campaign."""

from collections.abc import Mapping
from dataclasses import dataclass, field

SENT_WITH_FAULTS = 2000
"""Messages of the campaign that are not sent yet when the faults begin."""

FORBIDDEN = "+819090000403"
"""A number for which a firewall answers HTTP 403 while the faults last."""

FAULT_SECONDS = 4.0
"""Seconds for which the faults last."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of the simulated provider.

    Attributes:
        kind: the simulator's name for it.
        rate: share of the calls that it affects.
        label: what a worker sees. In most cases the provider has accepted the message anyway.
        endpoint: `mt` (sends) or `status` (status checks).
        parameters: of the simulator's fault.
    """

    kind: str
    rate: float
    label: str
    endpoint: str = "mt"
    parameters: Mapping[str, object] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """Return the fault as the simulator's control API expects it."""
        return {"kind": self.kind, "rate": self.rate, "endpoint": self.endpoint, **self.parameters}


FAULTS = (
    Fault("http", 1.0, "HTTP 403 to one number", parameters={"status": 403, "suffix": FORBIDDEN}),
    Fault("code_after", 0.002, "unknown code 310", parameters={"code": 310}),
    Fault("cut_after", 0.03, "connection cut"),
    Fault("error_after", 0.03, "HTTP 500"),
    Fault("hang_after", 0.005, "no answer"),
    Fault("broken_json", 0.02, "broken JSON"),
    Fault("html", 0.02, "HTML"),
    Fault("unavailable", 0.03, "HTTP 503"),
    Fault("throttled", 0.01, "HTTP 429"),
    Fault("unavailable", 0.10, "HTTP 503 to status checks", endpoint="status"),
)
