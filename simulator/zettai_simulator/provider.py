"""The simulated provider: it turns a call and its arrival time into a reply. There is no network code here."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from zettai_simulator import clock
from zettai_simulator.account import Account
from zettai_simulator.answers import Answer
from zettai_simulator.api import ENDPOINTS, Endpoint
from zettai_simulator.arrivals import Arrivals
from zettai_simulator.faults import FaultPlan
from zettai_simulator.fields import Fields
from zettai_simulator.messages import Message
from zettai_simulator.replies import Reply, answered, faulty, too_many_calls
from zettai_simulator.rows import with_faulty_rows
from zettai_simulator.settings import Latency, Settings
from zettai_simulator.throttle import Throttle

MessageHook = Callable[[Message], None]
"""Called with each accepted message, before the call is answered."""


class Provider:
    """The account, the throttle, the faults and the statistics.

    Args:
        settings: How everything stands at the start and after a reset.
        on_taken: Called with each accepted message.

    Attributes:
        in_flight: The number of calls that were read and are not answered yet. The server counts them.
    """

    account: Account
    throttle: Throttle
    faults: FaultPlan
    arrivals: Arrivals
    calls: Counter[tuple[str, str]]
    latency: Latency
    in_flight: int

    def __init__(self, settings: Settings, on_taken: MessageHook) -> None:
        self.settings = settings
        self._on_taken = on_taken
        self.in_flight = 0
        self.reset()

    def reset(self) -> None:
        """Reset everything to the start, used client tags too."""
        settings = self.settings
        self.account = Account(settings.pace, settings.quota, settings.behavior, settings.senders)
        self.throttle = Throttle(self.settings.limit)
        self.faults = FaultPlan(self.settings.faults, self.settings.seed)
        self.arrivals = Arrivals(endpoint.name for endpoint in ENDPOINTS.values())
        self.calls = Counter()
        self.latency = self.settings.latency

    def handle(self, endpoint: Endpoint, given: Fields, arrival: int) -> Reply:
        """Carry out a call, throttle it, or apply a fault."""
        self.arrivals.add(arrival, endpoint.name)
        if endpoint.name == "mt" and "clientTag" in given:
            self.account.see_post(given["clientTag"], arrival)
        reply = self._reply(endpoint, given, arrival)
        self.calls[endpoint.name, reply.label] += 1
        return reply

    def _reply(self, endpoint: Endpoint, given: Fields, arrival: int) -> Reply:
        retry_after = self.throttle.limit.retry_after
        if not self.throttle.admits(arrival):
            return too_many_calls(retry_after)
        fault = self.faults.select(endpoint.name, self._recipient(given))
        if fault is None:
            return answered(self._carried_out(endpoint, given))
        spared = fault.kind.spares_the_call
        answer = self._carried_out(endpoint, given) if spared else endpoint.success_without_effect(given)
        if fault.kind.changes_rows:
            reply = answered(with_faulty_rows(fault, answer))
            return replace(reply, label=fault.kind) if "status" in answer else reply
        return faulty(fault, answered(answer), retry_after=retry_after, hang=self.settings.hang)

    def _carried_out(self, endpoint: Endpoint, given: Fields) -> Answer:
        known = len(self.account.messages)
        answer = endpoint.answer(self.account, self.settings.credentials, given, clock.now())
        for message in self.account.messages[known:]:
            self._on_taken(message)
        return answer

    def _recipient(self, given: Fields) -> str:
        """Return the phone number that the call is about, if it has one."""
        if "phoneNumber" in given:
            return given["phoneNumber"]
        message = self.account.find(given.get("clientTag", ""))
        return "" if message is None else message.submission.phone_number
