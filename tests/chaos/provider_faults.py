"""The faults of the provider, as the simulator's control API takes them."""

from collections.abc import Mapping
from typing import Any

RATE = 0.05
"""Share of all calls that the sustained faults affect."""

SUSTAINED: Mapping[str, Mapping[str, Any]] = {
    "cut_before": {},
    "cut_after": {},
    "error_after": {},
    "hang_after": {},
    "system_error_after": {},
    "system_error": {},
    "broken_json": {},
    "html": {},
    "late": {"seconds": 0.7},
    "twice": {"seconds": 0, "endpoint": "mt"},
    "rows_unreadable": {},
    "rows_of_others": {},
    "rows_twice": {},
    "rows_without_number": {},
}
"""Faults that are active all the time; without an endpoint, on every one.

A copy of an answer comes right behind it. If it came during the next request on the connection, a refusal would be
believed: it names no tag.
"""

REFUSALS = ("unavailable", "throttled", "quota")
"""Faults that slow down or suspend the whole account: they are injected a few times."""

UNKNOWN_CODES = {
    "310": "Suspended.",
    "999": "Unknown.",
    "130": "Already send.",
    "200": "No reservation.",
    "-1": "Error.",
    "110": "Invalid [token].",
}
"""Codes that `mt.json` does not have, or that concern no message, with their texts."""

FORBIDDEN = "9090000403"
"""The end of a number for which a firewall answers HTTP 403."""

ALWAYS: tuple[Mapping[str, Any], ...] = (
    {"kind": "http", "status": 403, "suffix": FORBIDDEN},
    {"kind": "ignored", "endpoint": "cancelreservationall", "rate": 0.3},
)

BURST = 2
"""Sends that an unknown code answers without effect, and again as many with effect."""


def provider_faults(*, refuse: str = "", code: str = "", outage: bool = False) -> list[Mapping[str, Any]]:
    """Return the simulator's faults: those that are active all the time, and those that are added for a while."""
    if outage:
        return [{"kind": "cut_before", "endpoint": "*"}]
    added: list[Mapping[str, Any]] = [{"kind": refuse, "times": 3, "endpoint": "*"}] if refuse else []
    if code:
        # `Invalid …` proves that the message was not taken, so it has no variant with effect.
        kinds = ("code",) if UNKNOWN_CODES[code].startswith("Invalid") else ("code", "code_after")
        added += [{"kind": kind, "code": code, "text": UNKNOWN_CODES[code], "times": BURST} for kind in kinds]
    rate = RATE / len(SUSTAINED)
    sustained = [{"kind": kind, "rate": rate, "endpoint": "*", **more} for kind, more in SUSTAINED.items()]
    return [*ALWAYS, *added, *sustained]


def behavior(seed: int, lag: float) -> str:
    """Return what the provider does differently all the time, as a flag of the simulator."""
    canceled_again = 0 if seed % 2 else 200
    return f"rewrites,local_numbers,prefix_match,lag={lag},canceled_again={canceled_again}"
