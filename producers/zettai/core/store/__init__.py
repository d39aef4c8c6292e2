"""The store: one record a message in Redis, and every right to act on it.

`store.py` is what producers may do, `work.py` what workers may do on top, `records.py` how a record reads,
`tallies.py` what is counted on the way, `scripts.py` how the Lua files in `lua/` are put together. Nothing else writes
these keys.
"""

from zettai.core.store.claims import Claim, ClaimKind, StateUpdate, WorkerStore
from zettai.core.store.store import Created, MessageStore

__all__ = ["Claim", "ClaimKind", "Created", "MessageStore", "StateUpdate", "WorkerStore"]
