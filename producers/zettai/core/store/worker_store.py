"""The store with everything that a worker may do. Each part has its own file."""

from datetime import date, datetime, time, timedelta

from zettai.core.states import AT_PROVIDER, FINAL, NEVER_SENT
from zettai.core.store.billed_parts import BilledPartsStore
from zettai.core.store.bulk_cancels import BulkCancelStore
from zettai.core.store.claims import ClaimStore
from zettai.core.store.due import DueStore
from zettai.core.store.erasure import ErasureStore
from zettai.core.store.purge import PurgeStore
from zettai.core.store.replacements import ReplacementStore
from zettai.core.store.suppressed_reservations import SuppressedReservationStore
from zettai.core.store.suspension import SuspensionStore
from zettai.core.store.turns import TurnStore
from zettai.core.store.updates import UpdateStore
from zettai.core.times import JST, to_milliseconds


class WorkerStore(
    ReplacementStore,
    ClaimStore,
    UpdateStore,
    DueStore,
    TurnStore,
    SuspensionStore,
    BulkCancelStore,
    SuppressedReservationStore,
    ErasureStore,
    PurgeStore,
    BilledPartsStore,
):
    """The messages of one account, as a worker uses them."""

    def record_run(self, job: str) -> None:
        """Record that a periodic job has finished. An alert watches the time of the last run."""
        self.redis.hset(self.keys.last_runs, job, to_milliseconds(self.now()))

    def sent_since(self, day: date) -> int:
        """Return at least the number of messages that the provider has for a day.

        Counts messages at the provider, and those that reached a final state since the start of the day.
        """
        start = to_milliseconds(datetime.combine(day, time(), JST))
        with self.redis.pipeline(transaction=False) as pipe:
            for state in (AT_PROVIDER | FINAL) - NEVER_SENT:
                pipe.zcount(self.keys.state(state), start, "+inf")
            return sum(pipe.execute())

    def note_failed_day(self, day: date, *, lasts: timedelta) -> None:
        """Record that the provider's list of a day could not be read, so that its messages are checked by tag."""
        self.redis.set(self.keys.failed_day(day), 1, px=lasts)

    def has_day_failed(self, day: date) -> bool:
        """Return whether the messages of a day are checked by tag for now."""
        return bool(self.redis.exists(self.keys.failed_day(day)))
