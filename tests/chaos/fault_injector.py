"""Injects faults. When each comes is decided by the fault schedule."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from random import Random
from signal import SIGCONT, SIGKILL, SIGSTOP

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError
from tests.chaos.fault_schedule import BEAT, JUMP, RECEIVER, WEBHOOKS, Injection, Kind
from tests.chaos.load import Load
from tests.chaos.provider_faults import provider_faults
from tests.chaos.restarter import Restarter
from tests.support.accounts import SHOP

from zettai import Lane
from zettai.core.publisher import Publisher
from zettai.core.store import MessageStore
from zettai.core.tasks import TaskName
from zettai_demo.stack import RedisServer
from zettai_simulator import SimulatorProcess

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
        self._ahead: Counter[str] = Counter()
        self._on_process: Mapping[Kind, Callable[[str], bool]] = {
            Kind.KILL: partial(restarter.signal, number=SIGKILL),
            Kind.KILL_BEAT: lambda _: restarter.signal(BEAT, SIGKILL),
            Kind.KILL_WEBHOOKS: lambda _: restarter.signal(WEBHOOKS, SIGKILL),
            Kind.KILL_RECEIVER: lambda _: restarter.signal(RECEIVER, SIGKILL),
            Kind.STOP: partial(restarter.signal, number=SIGSTOP),
            Kind.CONTINUE: partial(restarter.signal, number=SIGCONT),
            Kind.SUSPEND: restarter.suspend,
            Kind.RESUME: restarter.resume,
            Kind.CLOCK_JUMP: self._jump,
        }
        self._actions: Mapping[Kind, Callable[[], None]] = {
            Kind.REDIS_DOWN: redis.kill,
            Kind.REDIS_UP: redis.start,
            Kind.REDIS_FULL: redis.fill,
            Kind.REDIS_ROOM: redis.make_room,
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
        if injection.kind in self._on_process:
            done = self._on_process[injection.kind](injection.target)
        elif injection.kind is Kind.REFUSE:
            self._simulator.set_faults(*provider_faults(refuse=injection.target))
            done = True
        elif injection.kind is Kind.UNKNOWN_CODE:
            self._simulator.set_faults(*provider_faults(code=injection.target))
            done = True
        else:
            done = self._run(self._actions[injection.kind])
        self.injected[injection.kind] += done

    def republish(self, load: Load, random: Random, store: MessageStore, publisher: Publisher) -> None:
        """Publish tasks for some messages again, in whatever state they are, and those of the canceled groups."""
        tags = list(load.log.requests)
        with suppress(RedisError, OperationalError):
            for group in load.canceled_groups:
                for account in (None, SHOP):
                    publisher.publish(TaskName.CANCEL_GROUP, Lane.URGENT, group, account=account)
            for message in store.get(random.sample(tags, min(REPUBLISHED, len(tags)))):
                if message is not None:
                    for account in (message.account, None):  # also to workers of the wrong account
                        publisher.publish(TaskName.SEND, message.lane, [message.client_tag], account=account)
                    self.republished += 1
            self.injected[Kind.REPUBLISH] += 1

    def _jump(self, name: str) -> bool:
        """Move a clock ahead, or back if it is ahead already."""
        seconds = -JUMP if self._ahead[name] else JUMP
        self._ahead[name] += seconds
        return self._restarter.jump(name, seconds)

    def _run(self, action: Callable[[], None]) -> bool:
        """Run an action; return False if it needs Redis and Redis is down."""
        try:
            action()
        except RedisError:
            return False
        return True
