"""The store: the records of all messages in Redis, and the only code that changes them.

`ReplacementStore` is what producers use, `WorkerStore` adds what only workers do.
"""

from zettai.core.store.claims import Claim, ClaimKind
from zettai.core.store.replacements import ReplacementStore
from zettai.core.store.store import MessageStore
from zettai.core.store.suspension import RefusalEffect
from zettai.core.store.updates import StateUpdate
from zettai.core.store.worker_store import WorkerStore

__all__ = ["Claim", "ClaimKind", "MessageStore", "RefusalEffect", "ReplacementStore", "StateUpdate", "WorkerStore"]
