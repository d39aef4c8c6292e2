"""Reconciliation: jobs of beat that repair lost tasks, and compare the store with the provider.

reconciler        due messages, due checks, lost tasks, retention: the store alone
differences       a difference between store and provider
comparison_rules  how a record and the provider's row differ, and what to record: pure functions
comparison        the comparison of one day, with its calls and its records
comparison_runs   which days beat compares, one process at a time
comparison_log    the log lines of a run
parts_rules       billed parts: how our range differs from the provider's number: pure functions
parts_comparison  the comparison of the billed parts of a month
"""

from zettai_worker.reconciliation.comparison import Comparison
from zettai_worker.reconciliation.comparison_runs import ComparisonRuns
from zettai_worker.reconciliation.differences import Difference, DifferenceKind
from zettai_worker.reconciliation.reconciler import Reconciler

__all__ = ["Comparison", "ComparisonRuns", "Difference", "DifferenceKind", "Reconciler"]
