"""Strikes the blows of a storm. When each comes is not decided here."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random
from signal import SIGCONT, SIGKILL, SIGSTOP, Signals

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError
from tests.chaos.broker import Broker
from tests.chaos.crew import Crew
from tests.chaos.evidence import Asked
from tests.chaos.load import sample
from tests.chaos.storm import Blow, Kind, faults

from zettai.core.store import MessageStore
from zettai.core.tasks import Publisher, TaskName
from zettai_simulator import SimulatorProcess

SIGNALS: Mapping[Kind, Signals] = {Kind.KILL: SIGKILL, Kind.STOP: SIGSTOP, Kind.CONTINUE: SIGCONT}

REPUBLISHED = 40
"""Messages for each of which a task is published again at once."""


class Striker:
    """Knows everybody that can be hit.

    Attributes:
        struck: how often each thing was done; what found nobody to do it to does not count.
        republished: tasks published again.
    """

    def __init__(self, broker: Broker, crew: Crew, simulator: SimulatorProcess, latency: float, silence: float) -> None:
        """Take aim.

        Args:
            broker: Redis.
            crew: the workers and beat.
            simulator: the provider.
            latency: seconds that an answer takes.
            silence: seconds that an answer takes while the provider is silent.
        """
        self.struck: Counter[Kind] = Counter()
        self.republished = 0
        self._broker = broker
        self._crew = crew
        self._simulator = simulator
        self._latency = latency
        self._actions: Mapping[Kind, Callable[[], None]] = {
            Kind.REDIS_DOWN: broker.kill,
            Kind.REDIS_UP: broker.start,
            Kind.CUT_CLIENTS: broker.cut_everybody_off,
            Kind.OUTAGE: lambda: simulator.set_faults(*faults(outage=True)),
            Kind.SILENCE: lambda: simulator.set_latency(silence),
            Kind.WELL: self.make_well,
        }

    def make_well(self) -> None:
        """The provider answers as quickly as at the beginning; the sustained faults go on."""
        self._simulator.set_latency(self._latency)
        self._simulator.set_faults(*faults())

    def strike(self, blow: Blow) -> None:
        """Do one thing."""
        if blow.kind in SIGNALS:
            hit = self._crew.signal(blow.target, SIGNALS[blow.kind])
        elif blow.kind is Kind.KILL_BEAT:
            hit = self._crew.signal("beat", SIGKILL)
        elif blow.kind is Kind.REFUSE:
            self._simulator.set_faults(*faults(refuse=blow.target))
            hit = True
        else:
            hit = self._done(self._actions[blow.kind])
        self.struck[blow.kind] += hit

    def republish(self, asked: Mapping[str, Asked], random: Random, store: MessageStore, publisher: Publisher) -> None:
        """Publish tasks for some messages once more, whatever became of them."""
        with suppress(RedisError, OperationalError):
            for message in store.get(sample(asked, random, REPUBLISHED)):
                if message is not None:
                    publisher.publish_tags(TaskName.SEND, message.lane, [message.client_tag])
                    self.republished += 1
            self.struck[Kind.REPUBLISH] += 1

    def _done(self, action: Callable[[], None]) -> bool:
        """What asks Redis may find it away."""
        try:
            action()
        except RedisError:
            return False
        return True
