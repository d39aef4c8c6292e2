"""What a chaos run counts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.chaos.fault_schedule import Kind


@dataclass(slots=True)
class Counts:
    """What happened, beside the result of the checks."""

    injected: Counter[Kind] = field(default_factory=Counter)
    republished: int = 0
    producer_retries: int = 0
    campaign_changes: int = 0
    provider_faults: Counter[str] = field(default_factory=Counter)
    duplicates_refused: int = 0
    lost_tasks: int = 0
    refused_when_full: int = 0
    parts_charged: int = 0
    parts_sent: int = 0
    lost_workers: int = 0
    unacknowledged: int = 0
    restarts: int = 0
    settled_after: float = 0.0
    seconds: float = 0.0
    calls: int = 0
    memory_before: Mapping[str, float] = field(default_factory=dict)
    memory_after: Mapping[str, float] = field(default_factory=dict)
