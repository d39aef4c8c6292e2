"""How many calls arrived at the provider."""

from zettai_demo.evidence import Evidence
from zettai_demo.oracle.check import Check


def within_limit(evidence: Evidence) -> Check:
    """No sliding second had more calls than allowed, counted where they arrive."""
    promise = f"at most {evidence.limit} calls in any sliding second"
    if evidence.worst_second <= evidence.limit:
        return Check(promise, evidence.worst_second)
    return Check(promise, evidence.worst_second, (f"{evidence.worst_second} calls arrived within one second",))
