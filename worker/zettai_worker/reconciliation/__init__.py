"""Reconciliation: what beat does so that nothing is forgotten here, and that store and provider agree.

reconciler   due checks, lost tasks, retention: the store alone
differences  what a difference is
judging      what differs between a record and what the provider shows: pure decisions
comparison   one day's comparison, with its calls and its records
rounds       which days beat compares, and by one process at a time
"""

from zettai_worker.reconciliation.comparison import Comparison
from zettai_worker.reconciliation.differences import Difference, What
from zettai_worker.reconciliation.reconciler import Reconciler
from zettai_worker.reconciliation.rounds import Rounds

__all__ = ["Comparison", "Difference", "Reconciler", "Rounds", "What"]
