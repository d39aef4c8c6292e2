"""One run: everything is started, producers ask, the storm blows, and then all must come to an end."""

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event

from tests.chaos.broker import Broker
from tests.chaos.crew import Crew
from tests.chaos.evidence import Evidence, ask_again, gather, unacknowledged, work_left
from tests.chaos.load import Load, Mix
from tests.chaos.storm import WORKERS, Kind, Strength, storm
from tests.chaos.striker import Striker
from tests.support.plant import TOKEN

from zettai import CancelOutcome, Settings, SmsClient
from zettai.core.states import FINAL
from zettai.core.store import MessageStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.core.tasks import Publisher
from zettai_simulator import SimulatorProcess

HOUR = 3600
PREFIX = "chaos"

STARTED_WITHIN = 20.0
"""Seconds until workers take messages: before that, nobody could be hit."""


@dataclass(frozen=True, slots=True)
class Form:
    """How large a run is.

    Attributes:
        times: the product's times in seconds, compressed so that their order stays.
        latency: seconds that the provider takes to answer.
        patience: seconds after the storm in which everything must have ended.
        hang: seconds of silence that some calls meet: more than a worker waits.
        skew: seconds by which the second worker's wall clock is ahead. It then takes over what the first one left
            when it was killed; without it, only the sweep finds that in time.
    """

    mix: Mix
    strength: Strength
    times: Mapping[str, str]
    latency: float
    patience: float
    hang: float
    threads: int
    skew: int


@dataclass(slots=True)
class Counts:
    """What happened beside the promises."""

    blows: Counter[Kind] = field(default_factory=Counter)
    republished: int = 0
    refused_by_redis: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    duplicates_refused: int = 0
    lost_tasks: int = 0
    workers_lost: int = 0
    left_by_the_dead: int = 0
    ended: int = 0
    settled_after: float = 0.0
    seconds: float = 0.0
    taken: int = 0
    calls: int = 0


class Campaign:
    """Plays one run in a folder of its own; ends everything, however it goes."""

    def __init__(self, form: Form, seed: int, folder: Path) -> None:
        self.counts = Counts()
        self._form = form
        self._seed = seed
        self._random = Random(seed + 3)
        self._over = Event()
        self._exits = ExitStack()
        self._build(folder)

    def run(self) -> Evidence:
        """Play; answers what is known at the end."""
        began = time.monotonic()
        with self._exits:
            self._hire()
            self._striker.make_well()
            with ThreadPoolExecutor(2, thread_name_prefix="producer") as pool:
                producers = [pool.submit(self._load.send_campaigns), pool.submit(self._load.send_singles)]
                try:
                    self._until(lambda: self._simulator.stats()["taken"] > 0, STARTED_WITHIN)
                    self._blow(producers)
                    for producer in producers:
                        producer.result()
                finally:
                    self._over.set()
            self._striker.make_well()
            calm = time.monotonic()
            # What only the end of the visibility time-out would bring forth has come too late.
            late = {} if self._until(self._all_ended, self._form.patience) else self._unended()
            self.counts.settled_after = time.monotonic() - calm
            self._sweep_up()
            ask_again(self._client, self._load.told)
            load = self._load
            evidence = gather(load.asked, load.told, self._store, self._simulator, self._journal, late=late)
            self._count(evidence)
        self.counts.seconds = time.monotonic() - began
        return evidence

    def _build(self, folder: Path) -> None:
        with ExitStack() as exits:
            self._broker = exits.enter_context(Broker(folder / "redis"))
            self._journal = folder / "journal"
            self._simulator = exits.enter_context(
                SimulatorProcess(
                    latency=self._form.latency,
                    delivery_after=0.5,
                    kddi_failure_after=4,
                    hang_for=self._form.hang,
                    seed=self._seed,
                    journal=self._journal,
                )
            )
            url = self._broker.url
            settings = Settings.load(redis_url=url, key_prefix=PREFIX, client_id="1234")
            self._client = exits.enter_context(SmsClient(settings))
            self._store = MessageStore(connect(url), Keys(PREFIX))
            exits.callback(self._store.close)
            self._publisher = Publisher(settings)
            exits.callback(self._publisher.close)
            logs = folder / "logs"
            logs.mkdir()
            self._crew = exits.enter_context(Crew(self._environment(url), logs))
            self._striker = Striker(self._broker, self._crew, self._simulator, self._form.latency, self._form.hang)
            self._load = Load(self._client, self._simulator, self._form.mix, self._seed, self._over)
            self._exits = exits.pop_all()

    def _environment(self, redis_url: str) -> dict[str, str]:
        own = {
            "REDIS_URL": redis_url,
            "KEY_PREFIX": PREFIX,
            "API_URL": self._simulator.url,
            "TOKEN": TOKEN,
            "CLIENT_ID": "1234",
            "SMS_CODE": "12345",
            "LOG_FORMAT": "json",
            "LOG_LEVEL": "WARNING",
            **self._form.times,
        }
        return {**os.environ, **{f"ZETTAI_{name}": value for name, value in own.items()}}

    def _hire(self) -> None:
        for number, name in enumerate(WORKERS):
            self._crew.hire_worker(name, self._form.threads, skew=number * self._form.skew)
        self._crew.hire("beat", "beat")

    def _blow(self, producers: list[Future[None]]) -> None:
        began = time.monotonic()
        for blow in storm(self._seed, self._form.strength):
            self._over.wait(max(0.0, began + blow.at - time.monotonic()))
            for producer in producers:
                if producer.done():
                    producer.result()
            if blow.kind is Kind.REPUBLISH:
                self._striker.republish(self._load.asked, self._random, self._store, self._publisher)
            else:
                self._striker.strike(blow)

    def _all_ended(self) -> bool:
        counts = self._store.counts()
        ended = sum(count for state, count in counts.items() if state in FINAL)
        return ended == sum(counts.values()) == len(self._load.asked)

    def _unended(self) -> dict[str, str]:
        messages = (message for message in self._store.get(self._load.asked) if message is not None)
        return {message.client_tag: message.state for message in messages if not message.state.is_final}

    def _sweep_up(self) -> None:
        """Tasks of killed workers come back after the visibility time-out: at once for a worker of another day."""
        redis, keys = self._store.redis, self._store.keys
        # Beat's ticks are tasks too: one that runs while the keys are read would look like one that is stuck.
        self._crew.dismiss("beat")
        self.counts.left_by_the_dead = redis.zcard(unacknowledged(keys)[1])
        self._crew.hire_worker("tomorrow", 8, skew=24 * HOUR)
        self._until(lambda: not self._work_left(), 30)

    def _work_left(self) -> Mapping[str, int]:
        return work_left(self._store.redis, self._store.keys)

    def _until(self, what: Callable[[], bool], patience: float) -> bool:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if what():
                return True
            time.sleep(0.1)
        return False

    def _count(self, evidence: Evidence) -> None:
        counts, calls = self.counts, self._simulator.stats()["calls"]
        for answers in calls.values():
            counts.calls += sum(answers.values())
            faulty = {label: n for label, n in answers.items() if not label.isdigit() or label in {"300", "500"}}
            counts.faults.update(faulty)
        counts.duplicates_refused = calls.get("mt", {}).get("400", 0)
        counts.blows, counts.republished = self._striker.struck, self._striker.republished
        counts.taken = len(evidence.taken)
        counts.refused_by_redis = self._load.refusals
        counts.ended = len(self._crew.ended)
        lines = [line for line in self._crew.lines() if line.get("event") == "lost_tasks_found"]
        counts.lost_tasks = sum(line.get("count", 0) for line in lines)
        counts.workers_lost = sum(
            any(event.reason == "worker lost" for event in message.history) for message in evidence.store.values()
        )


def canceled(evidence: Evidence) -> int:
    """How many cancels came true."""
    return sum(outcome is CancelOutcome.CANCELED for outcome in evidence.told.values())
