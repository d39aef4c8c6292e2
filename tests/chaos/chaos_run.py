"""One run of the chaos test: producers send while faults are injected, and then all messages must settle."""

import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from threading import Event
from typing import cast

from redis.exceptions import RedisError
from tests.chaos.certificate import certificate
from tests.chaos.counts import Counts
from tests.chaos.fault_injector import FaultInjector
from tests.chaos.fault_schedule import WORKERS, Kind, fault_schedule
from tests.chaos.load import SENDER, Load
from tests.chaos.memory import memory
from tests.chaos.profiles import Profile
from tests.chaos.provider_faults import behavior
from tests.chaos.restarter import Restarter
from tests.chaos.two_contracts import TwoContracts
from tests.chaos.webhook_endpoint import WebhookEndpoint
from tests.support.accounts import shop_store

from zettai import Message, State
from zettai.core.lanes import TURN_LANES
from zettai.core.publisher import Publisher
from zettai.core.states import FINAL
from zettai.core.store import WorkerStore
from zettai.core.text import estimated_parts
from zettai_demo.evidence import (
    Evidence,
    collect,
    queued_work,
    unacknowledged_tasks,
    unfinished,
    wait_for_no_work,
)
from zettai_demo.stack import RedisServer, Stack, wait_until

LIMIT = 600
"""Calls that any sliding second may have."""

HOUR = 3600

BUDGETS = "100000000/month account; 100000000/day group *"
"""Nothing exceeds them: they show whether parts are counted exactly."""

USUAL_CODES_OF_SENDS = frozenset({"0", "400"})
USUAL_CODES = frozenset({"0", "130", "200"})
"""Codes of the other calls that are no fault."""

START_TIMEOUT = 20.0
"""Seconds until workers send messages; no fault is injected before."""

WARM_UP = 0.1
"""Share of the fault schedule after which memory is measured for the first time."""

WORK_TIMEOUT = 30.0
"""Seconds in which the queues must become empty after the last message."""


class ChaosRun:
    """Runs once, in a folder of its own."""

    def __init__(self, profile: Profile, seed: int, folder: Path) -> None:
        self.counts = Counts()
        self.misplaced: set[str] = set()
        self._profile = profile
        self._seed = seed
        self._random = Random(seed + 3)
        self._stopping = Event()
        self._journal = folder / "journal"
        self._endpoint = WebhookEndpoint(folder)
        # Each command is on disk before it is answered, as docs/operations.md recommends to lose nothing.
        self._redis = RedisServer(folder / "redis", fsync="always")
        self._certificate = certificate(folder)
        self._simulator = TwoContracts(
            folder,
            certificate=self._certificate.chain,
            key=self._certificate.key,
            behavior=behavior(seed, profile.lag),
            latency=profile.latency,
            delivery_after=0.5,
            kddi_failure_after=4,
            hang_for=profile.hang,
            seed=seed,
        )
        self._stack = self._make_stack(folder)
        self._restarter = Restarter(self._stack)
        self._released = False

    def run(self) -> Evidence:
        """Run, and return what is known at the end."""
        started = time.monotonic()
        profile = self._profile
        with self._stack as stack, closing(Publisher(stack.settings)) as publisher, self._restarter as restarter:
            injector = FaultInjector(
                self._redis, restarter, stack.simulator, latency=profile.latency, silence=profile.hang
            )
            load = Load(stack.client, stack.simulator, profile.mix, self._seed, self._stopping)
            self._start_processes(restarter)
            injector.restore_provider()
            self._send_and_inject(load, injector, publisher)
            injector.restore_provider()
            late = self._wait_until_settled(load)
            self.counts.memory_after = self._measure_memory()
            work_left = self._clear_queues(restarter)
            load.log.repeat_pending_cancels(stack.client)
            work_left |= wait_for_no_work(lambda: self._endpoint.work_left(stack.store), WORK_TIMEOUT)
            self._simulator.write_journal(self._journal)
            evidence = collect(
                stack,
                load.log,
                self._journal,
                late=late,
                work_left=work_left,
                limit=LIMIT,
                received_events=self._endpoint.received,
            )
            self.misplaced = self._find_misplaced(evidence)
            self._count(evidence, load, injector, restarter)
        self.counts.seconds = time.monotonic() - started
        return evidence

    def _make_stack(self, folder: Path) -> Stack:
        logs = folder / "logs"
        logs.mkdir()
        settings = {
            "LOG_LEVEL": "WARNING",
            "SENDERS": SENDER,
            "BUDGETS": BUDGETS,
            "CA_FILE": str(self._certificate.trusted),
            "ACCOUNTS_FILE": str(self._simulator.accounts_file),
            **self._endpoint.settings,
            **self._profile.times,
        }
        return Stack(
            logs, redis=self._redis, simulator=self._simulator, key_prefix="chaos", grace=15.0, settings=settings
        )

    def _start_processes(self, restarter: Restarter) -> None:
        for number, name in enumerate(WORKERS):
            restarter.add_worker(name, clock_offset=number * self._profile.clock_offset)
        restarter.add_beat()
        self._endpoint.start(self._stack.store, restarter)

    def _send_and_inject(self, load: Load, injector: FaultInjector, publisher: Publisher) -> None:
        with ThreadPoolExecutor(3, thread_name_prefix="producer") as pool:
            producers = [pool.submit(call) for call in (load.send_campaigns, load.send_singles, load.change_campaigns)]
            try:
                wait_until(lambda: self._stack.simulator.stats()["taken"] > 0, START_TIMEOUT)
                self._inject_faults(load, injector, publisher, producers)
                for producer in producers:
                    producer.result()
            finally:
                self._stopping.set()

    def _inject_faults(
        self, load: Load, injector: FaultInjector, publisher: Publisher, producers: list[Future[None]]
    ) -> None:
        started = time.monotonic()
        for injection in fault_schedule(self._seed, self._profile.intensity):
            self._stopping.wait(max(0.0, started + injection.at - time.monotonic()))
            for producer in producers:
                if producer.done():
                    producer.result()
            if not self.counts.memory_before and injection.at > WARM_UP * self._profile.intensity.seconds:
                with suppress(RedisError):
                    self.counts.memory_before = self._measure_memory()
            if injection.kind is Kind.REPUBLISH:
                injector.republish(load, self._random, self._stack.store, publisher)
            else:
                injector.inject(injection)

    def _wait_until_settled(self, load: Load) -> dict[str, str]:
        """Wait until each message has a final state; return those that have none in time.

        A message that is settled only by the end of the visibility timeout is too late.
        """
        began = time.monotonic()

        def is_settled() -> bool:
            held = load.follow_held(self._stack.store)
            counts = sum((Counter(store.counts()) for store in self._stores()), Counter())
            final = sum(count for state, count in counts.items() if state in FINAL)
            successors = self._stack.store.get(new.client_tag for new in load.log.successors.values())
            expected = len(load.log.requests) + sum(one is not None for one in successors)
            if final + counts.get(State.SCHEDULED, 0) == expected:
                self._release_corrected(load, held)
            return final == sum(counts.values()) == expected

        settled = wait_until(is_settled, self._profile.settle_within)
        self.counts.settled_after = time.monotonic() - began
        return {} if settled else unfinished(self._stack, load.log)

    def _release_corrected(self, load: Load, held: list[Message]) -> None:
        """Let the provider send the corrected messages, and those that were held, when no cancel is pending any more.

        A message that a pause takes back must have its successor first: a cancel of the message cancels that too.

        A cancel that is too late tells the product that they were sent. It is not in the log, so the oracle still
        demands that they are sent.
        """
        others = (tag for tag in unfinished(self._stack, load.log) if not tag.startswith(("kept", "corrected", "held")))
        is_pending = any(others) or any(message.cancel_requested for message in held)
        if not self._released and not is_pending:
            self._released = True
            reserved = [*load.corrected, *(message.client_tag for message in held)]
            self._stack.simulator.make_due(*reserved)
            for client_tag in reserved:
                self._stack.client.cancel(client_tag)

    def _find_misplaced(self, evidence: Evidence) -> set[str]:
        """Return the tags that the contract of another account has taken."""
        taken = self._simulator.client_tags()
        return {
            one.client_tag
            for one in evidence.messages
            for other in taken
            if one.account != other and one.client_tag in taken[other]
        }

    def _stores(self) -> tuple[WorkerStore, WorkerStore]:
        """Return the stores of both accounts."""
        return self._stack.store, shop_store(self._stack.store)

    def _measure_memory(self) -> dict[str, float]:
        processes = {**self._restarter.processes(), "simulator": self._stack.simulator.pid}
        return memory(processes, self._stack.store.redis)

    def _clear_queues(self, restarter: Restarter) -> dict[str, int]:
        """Return the work that is left when a worker has taken over the tasks of the killed workers.

        They come back after the visibility timeout, which is over for a worker whose clock is a day ahead.
        """
        redis = self._stack.store.redis
        keys, shop_keys = (store.keys for store in self._stores())
        # Canceled messages leave the queues of their groups at their next turn.
        turns = [of_account.turns(lane) for of_account in (keys, shop_keys) for lane in TURN_LANES]
        wait_until(lambda: not any(redis.zcard(key) for key in turns), WORK_TIMEOUT)
        # Beat's ticks are tasks too: one that runs while the keys are read would look like one that is stuck.
        restarter.remove("beat")
        self.counts.unacknowledged = max(unacknowledged_tasks(redis, keys).values(), default=0)
        restarter.add_worker("tomorrow", clock_offset=24 * HOUR)
        return wait_for_no_work(
            lambda: queued_work(redis, keys) | queued_work(redis, shop_keys) | unacknowledged_tasks(redis, keys),
            WORK_TIMEOUT,
        )

    def _count(self, evidence: Evidence, load: Load, injector: FaultInjector, restarter: Restarter) -> None:
        counts, calls = self.counts, self._stack.simulator.stats()["calls"]
        for answers in calls.values():
            counts.calls += sum(answers.values())
        for endpoint, answers in calls.items():
            usual = USUAL_CODES_OF_SENDS if endpoint == "mt" else USUAL_CODES
            counts.provider_faults.update({label: n for label, n in answers.items() if label not in usual})
        counts.duplicates_refused = calls.get("mt", {}).get("400", 0)
        counts.injected, counts.republished = injector.injected, injector.republished
        counts.producer_retries = load.retries
        counts.campaign_changes = load.campaign_changes
        counts.restarts = restarter.restarts
        redis, keys = self._stack.store.redis, self._stack.store.keys
        counts.refused_when_full = int(redis.hget(keys.refused, "memory") or 0)
        spent = cast("dict[str, str]", redis.hgetall(keys.spent))
        counts.parts_charged = sum(int(parts) for name, parts in spent.items() if name.split(" ")[1] == "account")
        sent = (one for one in evidence.messages if not one.state.was_never_sent)
        counts.parts_sent = sum(estimated_parts(evidence.requests[one.client_tag].body) for one in sent)
        lines = [line for line in self._stack.log_lines() if line.get("event") == "lost_tasks_found"]
        counts.lost_tasks = sum(line.get("count", 0) for line in lines)
        counts.lost_workers = sum(
            any(event.reason == "worker lost" for event in message.history) for message in evidence.messages
        )
