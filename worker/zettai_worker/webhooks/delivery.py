"""Delivers the events of one endpoint. The process has the endpoint's lock, so no other one delivers them."""

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Event
from time import monotonic

import structlog
from redis.exceptions import RedisError

from zettai.core.events import MessageEvent
from zettai.core.store import MessageStore
from zettai.core.store.event_reader import EventReader
from zettai.core.tracing import LinkedSpan
from zettai_worker.webhooks.answers import Outcome
from zettai_worker.webhooks.endpoint_requests import EndpointRequests, RequestNotAllowed
from zettai_worker.webhooks.endpoints import Endpoint, Personal
from zettai_worker.webhooks.metrics import WebhookMetrics
from zettai_worker.webhooks.payload import payload
from zettai_worker.webhooks.queue import DeliveryQueue
from zettai_worker.webhooks.receiver import Receiver
from zettai_worker.webhooks.retries import Delivery, after_failure
from zettai_worker.webhooks.settings import WebhookSettings
from zettai_worker.webhooks.signature import signed_headers
from zettai_worker.webhooks.storage import MOST_RETRIES, Changes, EndpointStorage

logger = structlog.get_logger("zettai.webhooks")

CONCURRENCY = 8
"""Requests to one endpoint at the same time. The events of one message are never sent at the same time."""

READ_BELOW = 100
"""While fewer events wait for their first attempt, more are read from the stream: at most 100 at once."""

LOCK_RESERVE = 2.0
"""Seconds by which the lock must outlast a request that begins."""

IDLE_WAIT = 0.5
"""Seconds to wait for an event at a time. Replays and a stop are noticed this soon."""

BUSY_WAIT = 0.05
"""The same while requests are in flight, so that their outcomes are recorded soon."""

LOOK_EVERY = 1.0
"""Seconds between two looks for replays, and between two updates of the age that metrics show."""


class EndpointDelivery:
    """Reads the events of an endpoint, sends them, and records what happened."""

    def __init__(
        self,
        endpoint: Endpoint,
        settings: WebhookSettings,
        *,
        storage: EndpointStorage,
        reader: EventReader,
        store: MessageStore,
        requests: EndpointRequests,
        executor: Executor,
        metrics: WebhookMetrics,
    ) -> None:
        """Read the retry set.

        Args:
            endpoint: where events go.
            settings: the times.
            storage: of the endpoint; it has the lock.
            reader: of the endpoint's group.
            store: the messages.
            requests: to the endpoint.
            executor: runs at least `CONCURRENCY` requests at the same time.
            metrics: what this process counts.
        """
        self._endpoint = endpoint
        self._settings = settings
        self._storage = storage
        self._reader = reader
        self._store = store
        self._requests = requests
        self._executor = executor
        self._metrics = metrics
        self._random = Random()  # noqa: S311 - jitter
        self._queue = DeliveryQueue()
        self._in_flight: dict[Future[Outcome], Delivery] = {}
        self._changes = Changes()
        self._looked_at = float("-inf")
        self._read_after = 0.0
        retries, paused_since = storage.load()
        for delivery in retries:
            self._queue.add(delivery)
        self._receiver = Receiver(settings, self._random, paused_since)

    def run(self, stopping: Event) -> None:
        """Deliver until the process stops. Then requests in flight end, and their outcomes are recorded.

        Raises:
            RedisError: Redis did not answer. What was not recorded is delivered again.
            LostLock: another process delivers now.
        """
        while not stopping.is_set():
            self._storage.renew()
            self._look()
            self._read()
            self._start()
            self._wait_and_record()
        while self._in_flight:
            self._storage.renew()
            self._wait_and_record()

    def _look(self) -> None:
        """Take replays, and note the age of the oldest event, now and then."""
        if monotonic() - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = monotonic()
        room = min(MOST_RETRIES - self._queue.stored, READ_BELOW)
        for delivery in self._storage.take_replays(room) if room > 0 else ():
            if not self._endpoint.wants(delivery.event):
                self._changes.done.append(delivery.event.id)
            elif not self._queue.knows(delivery.event.id):
                self._queue.add(delivery)
        self._changes.fields["oldest"] = str(self._queue.oldest or "")

    def _read(self) -> None:
        """Read events from the stream, if few wait for their first attempt."""
        if len(self._queue) - self._queue.stored >= READ_BELOW or self._queue.stored >= MOST_RETRIES:
            return
        if monotonic() < self._read_after:
            return
        events = self._reader.read(timedelta(seconds=self._read_wait()))
        self._read_after = 0.0 if events else monotonic() + BUSY_WAIT
        for event in events:
            if not self._endpoint.wants(event):
                self._changes.done.append(event.id)
            elif not self._queue.knows(event.id):  # the reader returns slow ones again
                self._add(event)

    def _add(self, event: MessageEvent) -> None:
        delivery = Delivery(event)
        if self._queue.is_blocked(delivery.key):
            delivery = Delivery(event, stored=True)
            self._changes.store([delivery])
        self._queue.add(delivery)

    def _read_wait(self) -> float:
        """Return the seconds to wait for an event: until something else is to be done."""
        if self._in_flight or self._changes.done or self._changes.stored:
            return 0.0
        due = self._receiver.next_probe if self._receiver.paused_since is not None else self._queue.next_due
        if not self._queue or due is None:
            return IDLE_WAIT
        return min(max(due - self._storage.now(), 0.0), IDLE_WAIT)

    def _start(self) -> None:
        """Start the requests that are due. While the receiver is paused, that is one from time to time."""
        if self._storage.seconds_left() < self._settings.webhook_timeout.total_seconds() + LOCK_RESERVE:
            return
        now = self._storage.now()
        if self._receiver.paused_since is not None:
            if not self._in_flight and now >= self._receiver.next_probe:
                self._submit(self._queue.take_first())
            return
        while len(self._in_flight) < CONCURRENCY and (delivery := self._queue.take_due(now)):
            self._submit(delivery)

    def _submit(self, delivery: Delivery | None) -> None:
        if delivery is not None:
            self._in_flight[self._executor.submit(self._attempt, delivery.event)] = delivery

    def _attempt(self, event: MessageEvent) -> Outcome:
        """Make one request, in a thread of its own."""
        message = self._store.get([event.client_tag])[0] if event.client_tag else None
        text = None
        if message is not None and Personal.TEXT in self._endpoint.include:
            [text] = self._store.bodies([message.client_tag])
        body = payload(event, message, text, self._endpoint.include)
        headers = signed_headers(event.id, self._now(), body, self._endpoint.secrets)
        known = [] if message is None else [message]
        with (
            self._metrics.request(self._endpoint.name) as timer,
            LinkedSpan("zettai.webhook", known, kind="CLIENT") as span,
        ):
            if traceparent := span.traceparent or (message.traceparent if message is not None else None):
                headers = {**headers, "traceparent": traceparent}
            outcome = self._requests.post(body, headers, may_send=self._may_send, now=self._now)
            timer.outcome = outcome.problem or "delivered"
            span.set(endpoint=self._endpoint.name, event=event.type.value, outcome=timer.outcome)
            return outcome

    def _may_send(self) -> bool:
        """Return whether the lock outlasts the request. It is asked just before the first byte."""
        return self._storage.seconds_left() > self._settings.webhook_timeout.total_seconds()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._storage.now(), UTC)

    def _wait_and_record(self) -> None:
        """Wait a moment for requests to end, and record all that happened, in one step."""
        done: Sequence[Future[Outcome]] = ()
        if self._in_flight:
            found, _ = wait(self._in_flight, timeout=BUSY_WAIT, return_when=FIRST_COMPLETED)
            done = sorted(found, key=lambda future: self._in_flight[future].position)
        for future in done:
            delivery = self._in_flight.pop(future)
            try:
                outcome = future.result()
            except RequestNotAllowed:
                self._queue.put_back(delivery)
                continue
            except RedisError:
                raise
            except Exception:
                # Such as a record that cannot be read. Its event waits, and the others go on.
                logger.exception("webhook_crashed", endpoint=self._endpoint.name, event_id=delivery.event.id)
                outcome = Outcome(problem="defect")
            self._finish(delivery, outcome)
        if self._changes:
            self._storage.record(self._changes)
            self._changes = Changes()

    def _finish(self, delivery: Delivery, outcome: Outcome) -> None:
        now = self._storage.now()
        if outcome.delivered:
            self._queue.finish(delivery)
            self._changes.done.append(delivery.event.id)
            self._changes.count("delivered")
        else:
            self._fail(delivery, outcome, now)
        if self._receiver.record(delivery.key, outcome, now):
            self._note_pause(outcome)

    def _fail(self, delivery: Delivery, outcome: Outcome, now: float) -> None:
        self._changes.count("failed")
        again = after_failure(delivery, now, self._settings, self._random)
        what = {"endpoint": self._endpoint.name, "event_id": delivery.event.id, "reason": outcome.problem}
        if again is None:
            self._queue.finish(delivery)
            self._changes.give_up(delivery)
            self._changes.count("given_up")
            action = "run zettai events replay --given-up"
            logger.error("webhook_given_up", **what, attempts=delivery.attempts + 1, action=action)
        else:
            self._changes.store(self._queue.retry(again))
            retry_in = round(again.due - now, 1)
            logger.warning("webhook_not_delivered", **what, attempts=again.attempts, retry_in=retry_in)

    def _note_pause(self, outcome: Outcome) -> None:
        since = self._receiver.paused_since
        if since is None:
            self._changes.fields["paused_since"] = ""
            self._queue.make_all_due()
            logger.info("webhook_resumed", endpoint=self._endpoint.name)
        else:
            self._changes.fields["paused_since"] = str(round(since))
            logger.error(
                "webhook_paused",
                endpoint=self._endpoint.name,
                reason=outcome.problem,
                action="see docs/runbook.md, 'ZettaiWebhookPaused'",
            )
