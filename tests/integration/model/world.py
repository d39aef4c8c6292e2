"""The product with everything around it: the real store and services, the provider model, and a clock that jumps."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import structlog
from redis import Redis
from structlog.processors import JSONRenderer
from tests.integration.model.machinery import Slots, TaskList
from tests.integration.model.promises import Promises
from tests.integration.model.provider_model import ProviderModel, WorkerKilled
from tests.integration.model.steps import (
    MINUTE,
    Cancel,
    CancelAll,
    CancelGroup,
    Compare,
    LoseTasks,
    RepeatTask,
    Replace,
    Report,
    Rest,
    Script,
    Send,
    Step,
    Work,
)
from tests.integration.model.story import Story, describe
from tests.integration.model.workers import TICKS_OF_SENDING, Workers
from tests.support.inline_engine import InlineEngine
from tests.support.redis_clock import RedisClock, set_by_test

from zettai import Message, ReplacementPending, ReplaceOutcome, SmsClient, State
from zettai.core.delivery_reports.parsing import parse_reports
from zettai.core.delivery_reports.recorder import ReportRecorder
from zettai.core.lanes import Lane
from zettai.core.states import UNSENT
from zettai.core.store.account_stores import AccountStore
from zettai.core.store.scripts import Scripts
from zettai.core.tasks import TaskName
from zettai.core.times import JST
from zettai.writer import cancel_many
from zettai_worker import runtime as runtime_module
from zettai_worker.metrics.worker_metrics import WorkerMetrics
from zettai_worker.provider import client as client_module
from zettai_worker.reconciliation import comparison_runs as comparison_runs_module
from zettai_worker.reconciliation import reconciler as reconciler_module
from zettai_worker.runtime import Runtime
from zettai_worker.settings import WorkerSettings

START = datetime(2040, 3, 5, 22, 10, 3, tzinfo=JST)
"""The first moment of each example: late in the evening, so that a day ends soon."""

GROUP = "group"

WAITING = UNSENT | {State.SUBMITTING, State.SUBMIT_UNKNOWN}

AHEAD = timedelta(days=2)
"""How far the comparison looks ahead, in place of 31 days. Days with a reservation of ours are compared anyway."""

FEW = 2
"""Due checks that make one call for the day worth it, in place of 20."""

metrics = WorkerMetrics()


class World:
    """One example.

    Attributes:
        ends: the messages at the end, by their tags.
    """

    def __init__(self, redis: Redis, settings: WorkerSettings, script: Script) -> None:
        redis.flushdb()
        self.clock = RedisClock(redis, START)
        self.ends: dict[str, Message] = {}
        self._redis = redis
        self._settings = settings
        self._script = script
        self._story = Story(self.clock)
        self._provider = ProviderModel(self.clock, self._story, script.traits)
        self._slots = Slots(self.clock, self._story)
        self._tasks = TaskList()
        self.promises = Promises(self.clock, settings, self._provider, self._slots, self._tasks)

    def run(self) -> None:
        """Do the steps, then let time pass until each message is final.

        Raises:
            AssertionError: a promise is broken. It tells the story.
        """
        with self._services():
            try:
                for step in self._script.steps:
                    self._do(step)
                    self.promises.check()
                self._finish()
                self.ends = {message.client_tag: message for message in self._messages()}
                self.promises.check_ends(self.ends.values())
            except AssertionError as error:
                error.add_note(self._story.with_histories(self._messages()))
                raise

    @contextmanager
    def _services(self) -> Iterator[None]:
        """Put the services together, with the model's parts in place of the real ones."""
        run_script = Scripts.run

        def run(scripts: Scripts, *arguments: Any) -> Any:
            if self._workers.is_killed:
                raise WorkerKilled  # a dead worker records nothing
            return run_script(scripts, *arguments)

        structlog.configure(processors=[self._log])
        with (
            set_by_test(self.clock),
            patch.multiple(
                runtime_module,
                connect=lambda *_, **__: self._redis,
                Publisher=lambda *_: self._tasks,
                build_limiter=lambda *_, **__: self._slots,
                Engine=InlineEngine,
            ),
            patch.object(client_module, "Transport", lambda *_, **__: self._provider),
            patch.object(Scripts, "run", run),
            patch.object(reconciler_module, "BY_DAY_FROM", FEW),
            patch.object(comparison_runs_module, "RESERVATIONS_AHEAD", AHEAD),
        ):
            runtime = Runtime(self._settings, metrics)
            self._store = runtime.store
            producer_store = AccountStore(self._redis, self._store.keys, self._tasks.build)
            self._client = SmsClient(self._settings, store=producer_store, publisher=self._tasks)
            self._reports = ReportRecorder({None: self._store}, {None: self._settings.client_id}, lambda _: None)
            self._workers = Workers(
                runtime,
                clock=self.clock,
                tasks=self._tasks,
                provider=self._provider,
                promises=self.promises,
                story=self._story,
            )
            self._provider.meanwhile = self._do
            self.promises.read = self._read
            try:
                yield
            finally:
                structlog.reset_defaults()

    def _finish(self) -> None:
        """Let time pass until nothing is due any more."""
        began = self.clock.now
        self._provider.reactions.clear()
        self._slots.waits.clear()
        self._provider.afterwards = cycle(self._script.ending)
        self._story.tell(f"now only time passes, and the provider reacts in turn: {describe(self._script.ending)}")
        self._workers.tick()
        while (due := self._workers.next_due(max(MINUTE, (self.clock.now - began) / TICKS_OF_SENDING))) is not None:
            self.clock.set(due)
            self.promises.check_time(self._messages)
            self._workers.tick()
            if self._script.compared:
                self._workers.compare_when_due()

    def _messages(self) -> list[Message]:
        return list(self._store.messages(self.promises.tags))

    def _read(self, tag: str) -> Message:
        [message] = self._store.messages([tag])
        return message

    def _log(self, _logger: object, _method: str, event: Any) -> Any:
        """Put the product's log lines into the story."""
        fields = [f"{name}={value}" for name, value in event.items() if name not in {"event", "task_id", "task"}]
        self._story.tell(f"      log: {' '.join([event['event'], *fields])}")
        raise structlog.DropEvent

    def _do(self, step: Step) -> None:
        self._story.tell(describe(step))
        match step:
            case Send() | Cancel() | Replace() | CancelGroup() | CancelAll():
                self._do_as_application(step)
            case Work():
                self._work(step)
            case Rest():
                self.clock.advance(step.duration)
            case LoseTasks():
                self._tasks.tasks.clear()
            case RepeatTask() if self._workers.done:
                self._tasks.tasks.append(self._workers.done[-1 - step.age % len(self._workers.done)])
            case Compare():
                self._workers.compare(statuses=step.statuses)
            case Report():
                self._report(step)

    def _do_as_application(self, step: Send | Cancel | Replace | CancelGroup | CancelAll) -> None:
        match step:
            case Send():
                self._send(step)
            case Cancel() if tag := self._tag(step.message):
                self.promises.asked_for_cancel([tag])
                self._client.cancel(tag)
            case Replace() if tag := self._tag(step.message):
                self._replace(tag, step)
            case CancelGroup():
                self.promises.asked_for_cancel(self._store.tags(group=GROUP))
                self._client.cancel_group(GROUP)
            case CancelAll():
                # All that the provider may have, also what counts as sent or ended here.
                for state in set(State) - WAITING:
                    self.promises.asked_for_cancel(self._store.tags(state=state))
                cancel_many(self._store.cancel, self._store.tags(state=State.SCHEDULED))
                self._store.request_bulk_cancel(None)
                self._tasks.publish(TaskName.CANCEL_ALL, Lane.URGENT, self._settings.client_id)

    def _send(self, step: Send) -> None:
        number = len(self.promises.tags)
        body = f"  text {number}\r\n"
        message = self._client.send(
            f"09010000{number:03}",
            body,
            client_tag=f"m{number}",
            send_at=None if step.after is None else self.clock.now + step.after,
            expires_in=step.expires_in,
            lane=step.lane,
            group=GROUP if step.grouped else None,
        )
        self._tasks.take_pushed(self._store)
        self.promises.add(message, body)

    def _replace(self, tag: str, step: Replace) -> None:
        new_tag = f"m{len(self.promises.tags)}"
        body = f"  text {new_tag} in place of {tag}\r\n"
        send_at = None if step.after is None else self.clock.now + step.after
        try:
            replacement = self._client.replace(tag, send_at=send_at, body=body, client_tag=new_tag)
        except ReplacementPending:
            return
        if replacement.outcome in {ReplaceOutcome.REPLACED, ReplaceOutcome.PENDING}:
            self.promises.asked_for_replacement(tag, new_tag, body)

    def _work(self, step: Work) -> None:
        self._provider.reactions.extend(step.reactions)
        self._slots.waits.extend(step.slots)
        self._workers.work_until(self.clock.now + step.duration)
        if step.duration:
            self._provider.reactions.clear()
            self._slots.waits.clear()

    def _report(self, step: Report) -> None:
        account = self._provider.calls.account
        held = account.held.get(self._tag(step.message) or "")
        if held is not None:
            row = {**account.status_row(held, self.clock.now, step.status_id), "type": "DLR"}
            body = urlencode({"json": JSONRenderer()(None, "", {"eventNotifications": [row]})})
            self._reports.record(parse_reports(body.encode()))

    def _tag(self, number: int) -> str | None:
        tags = self.promises.tags
        return tags[number % len(tags)] if tags else None
