"""The ticks that start the periodic jobs: which jobs there are, and which tick is due.

Only the clock of Redis counts. Any number of beats may run: a script hands each tick to one of them. While a tick waits
in its queue, there is no other one of its job, so ticks do not pile up while no worker runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import cast

from redis import Redis

from zettai.core.lanes import Lane
from zettai.core.store import MessageStore
from zettai.core.store.keys import Keys
from zettai.core.tasks import PERIODIC, TaskName
from zettai.core.times import from_milliseconds, milliseconds
from zettai_worker.reconciliation.comparison_runs import RESERVATIONS_INTERVAL, STATUSES_INTERVAL
from zettai_worker.settings import WorkerSettings

PUBLISH_DUE_INTERVAL = timedelta(milliseconds=500)
"""How often to publish tasks for what is due. What is due waits half of this on average."""

PARTS_INTERVAL = timedelta(days=1)
"""How often to compare the billed parts of the latest month. It costs one call."""

PURGE_INTERVAL = timedelta(days=1)
"""How often to delete old records."""

LOST_AFTER = timedelta(seconds=5)
"""A tick is lost if workers took tasks of its lane that were published this long after it. Also the age at which a
tick of a job with a shorter interval is dropped, if there is a newer one.
"""

BEAT_TIMEOUT = timedelta(seconds=10)
"""When no beat has asked for ticks for this long, none is running."""


@dataclass(frozen=True, slots=True)
class Job:
    """A periodic job: the name of its task, the lane of its ticks, and how often it runs."""

    name: str
    lane: Lane
    interval: timedelta


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick that must be published.

    Attributes:
        handed_out_at: in milliseconds since 1970, by the clock of Redis.
    """

    job: Job
    handed_out_at: int


@dataclass(frozen=True, slots=True)
class BeatStatus:
    """Whether beat is running.

    Attributes:
        alive: whether a beat has asked for ticks in the last seconds.
        lag: how late the next tick is; None if no beat has ever run.
    """

    alive: bool
    lag: timedelta | None


def periodic_jobs(sweep_interval: timedelta) -> tuple[Job, ...]:
    """Return the periodic jobs.

    `publish_due` and `sweep` are in the urgent lane: they make no calls, and a late run would delay the retry of a
    one-time password.
    """
    return (
        Job(TaskName.PUBLISH_DUE, Lane.URGENT, PUBLISH_DUE_INTERVAL),
        Job(TaskName.SWEEP, Lane.URGENT, sweep_interval),
        Job(TaskName.COMPARE_RESERVATIONS, Lane.STATUS, RESERVATIONS_INTERVAL),
        Job(TaskName.COMPARE_STATUSES, Lane.STATUS, STATUSES_INTERVAL),
        Job(TaskName.COMPARE_PARTS, Lane.STATUS, PARTS_INTERVAL),
        Job(TaskName.PURGE, Lane.STATUS, PURGE_INTERVAL),
    )


class Ticks:
    """Hands out the ticks of an account to beats, and records that a worker took one."""

    def __init__(self, redis: Redis, settings: WorkerSettings) -> None:
        self.account = settings.account
        self._keys = Keys(settings.key_prefix, settings.account)
        self._jobs = {job.name: job for job in periodic_jobs(settings.sweep_interval)}
        self._hand_out, self._start_tick = (
            redis.register_script((files("zettai_worker") / "lua" / f"{name}.lua").read_text())
            for name in ("hand_out", "start_tick")
        )

    def hand_out(self) -> tuple[Sequence[Tick], timedelta | None]:
        """Return the ticks that this beat must publish, and how long until the next one is due, if that is known.

        Raises:
            RedisError: Redis does not answer.
        """
        jobs = self._jobs.values()
        keys = [self._keys.ticks, self._keys.claimed_up_to, *(self._keys.queue(job.lane) for job in jobs)]
        of_jobs = [part for job in jobs for part in (job.name, job.lane.value, milliseconds(job.interval))]
        now, wait, *due = cast("list[str]", self._hand_out(keys=keys, args=[milliseconds(LOST_AFTER), *of_jobs]))
        ticks = [Tick(self._jobs[name], int(now)) for name in due]
        return ticks, timedelta(milliseconds=int(wait)) if int(wait) >= 0 else None

    def start(self, name: str, handed_out_at: int) -> bool:
        """Record that this worker took a tick; return whether to run its job.

        A tick that is older than its interval is dropped, unless it is the newest of its job: no other one would start
        the job. So the jobs also run while a lane has a long queue.

        Raises:
            RedisError: Redis does not answer.
        """
        job = self._jobs[name]
        too_old = milliseconds(max(job.interval, LOST_AFTER))
        return bool(self._start_tick(keys=[self._keys.ticks], args=[name, job.lane.value, handed_out_at, too_old]))


def read_beat_status(store: MessageStore) -> BeatStatus:
    """Return whether a beat is running, and how late the next tick is."""
    now = store.now()
    fields = ["beat", *(f"due:{name}" for name in PERIODIC)]
    beat, *due = map(_time, store.redis.hmget(store.keys.ticks, fields))
    next_due = min((at for at in due if at), default=None)
    return BeatStatus(
        alive=beat is not None and now - beat <= BEAT_TIMEOUT,
        lag=None if next_due is None else max(now - next_due, timedelta()),
    )


def _time(value: bytes | str | None) -> datetime | None:
    """Return a time from Redis; None if there is none, or if something else has written it."""
    try:
        return None if value is None else from_milliseconds(float(value))
    except (ValueError, OverflowError):
        return None
