"""Injects faults. When each comes is decided by the fault schedule."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from random import Random
from signal import SIGCONT, SIGKILL, SIGSTOP, Signals

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError
from tests.chaos.fault_schedule import Injection, Kind, provider_faults
from tests.chaos.restarter import Restarter

from zettai.core.publisher import Publisher
from zettai.core.store import MessageStore
from zettai.core.tasks import TaskName
from zettai_demo.stack import RedisServer
from zettai_simulator import SimulatorProcess

SIGNALS: Mapping[Kind, Signals] = {Kind.KILL: SIGKILL, Kind.STOP: SIGSTOP, Kind.CONTINUE: SIGCONT}

REPUBLISHED = 40
"""Messages for which a task is published again by one injection."""


class FaultInjector:
    """Injects faults into Redis, the processes and the provider.

    Attributes:
        injected: number of faults by kind, without those that found no process or no Redis.
        republished: number of tasks that were published again.
    """

    def __init__(
        self,
        redis: RedisServer,
        restarter: Restarter,
        simulator: SimulatorProcess,
        *,
        latency: float,
        silence: float,
    ) -> None:
        """Connect the injector.

        Args:
            redis: the server.
            restarter: of the workers and beat.
            simulator: the provider.
            latency: seconds that an answer takes.
            silence: seconds that an answer takes while the provider is silent.
        """
        self.injected: Counter[Kind] = Counter()
        self.republished = 0
        self._restarter = restarter
        self._simulator = simulator
        self._latency = latency
        self._actions: Mapping[Kind, Callable[[], None]] = {
            Kind.REDIS_DOWN: redis.kill,
            Kind.REDIS_UP: redis.start,
            Kind.CUT_CLIENTS: redis.drop_connections,
            Kind.OUTAGE: lambda: simulator.set_faults(*provider_faults(outage=True)),
            Kind.SILENCE: lambda: simulator.set_latency(silence),
            Kind.RECOVERY: self.restore_provider,
        }

    def restore_provider(self) -> None:
        """End an outage or a silence; the sustained faults stay active."""
        self._simulator.set_latency(self._latency)
        self._simulator.set_faults(*provider_faults())

    def inject(self, injection: Injection) -> None:
        """Inject one fault."""
        if injection.kind in SIGNALS:
            done = self._restarter.signal(injection.target, SIGNALS[injection.kind])
        elif injection.kind is Kind.KILL_BEAT:
            done = self._restarter.signal("beat", SIGKILL)
        elif injection.kind is Kind.REFUSE:
            self._simulator.set_faults(*provider_faults(refuse=injection.target))
            done = True
        else:
            done = self._run(self._actions[injection.kind])
        self.injected[injection.kind] += done

    def republish(self, client_tags: Iterable[str], random: Random, store: MessageStore, publisher: Publisher) -> None:
        """Publish tasks for some messages again, in whatever state they are."""
        tags = list(client_tags)
        with suppress(RedisError, OperationalError):
            for message in store.get(random.sample(tags, min(REPUBLISHED, len(tags)))):
                if message is not None:
                    publisher.publish_tags(TaskName.SEND, message.lane, [message.client_tag])
                    self.republished += 1
            self.injected[Kind.REPUBLISH] += 1

    def _run(self, action: Callable[[], None]) -> bool:
        """Run an action; return False if it needs Redis and Redis is down."""
        try:
            action()
        except RedisError:
            return False
        return True
