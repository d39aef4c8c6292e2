"""Computes the report from the messages of a group."""

from array import array
from collections import Counter
from datetime import datetime
from math import ceil

from zettai.campaign_report.percentiles import percentiles
from zettai.campaign_report.statistics import CarrierStatistics, Cause, Cost, Outcome, Report
from zettai.campaign_report.timeline import timeline
from zettai.core.aossms.codes import failure_in_words
from zettai.core.carriers import UNKNOWN_CARRIER
from zettai.core.message import Message
from zettai.core.states import State

MAX_CAUSES = 1_000
"""Different causes that are counted. The limit protects the memory if each rejection has another text."""

OTHER = "other"

OUTCOMES = {
    State.QUEUED: Outcome.PENDING,
    State.HELD: Outcome.PENDING,
    State.SUBMITTING: Outcome.PENDING,
    State.SUBMIT_UNKNOWN: Outcome.PENDING,
    State.SCHEDULED: Outcome.UNDER_WAY,
    State.ACCEPTED: Outcome.UNDER_WAY,
    State.SENDING: Outcome.UNDER_WAY,
    State.DELIVERED: Outcome.DELIVERED,
    State.UNDELIVERED: Outcome.UNDELIVERED,
    State.DELIVERY_UNKNOWN: Outcome.UNKNOWN,
    State.REJECTED: Outcome.REFUSED,
    State.EXPIRED: Outcome.EXPIRED,
    State.CANCELED: Outcome.CANCELED,
    State.FAILED: Outcome.REFUSED,
}

SENT = frozenset({State.ACCEPTED, State.SENDING, State.DELIVERED, State.UNDELIVERED})
"""States in which the provider has accepted the message for sure."""

STATES_WITH_CAUSE = frozenset({State.UNDELIVERED, State.REJECTED, State.FAILED})
"""States whose causes are listed. Suppressed and replaced messages are listed too."""

OPEN = frozenset({Outcome.PENDING, Outcome.UNDER_WAY})


class _Carrier:
    """The counters of one carrier."""

    def __init__(self) -> None:
        self.states = Counter[State]()
        self.delays = array("d")

    def statistics(self) -> CarrierStatistics:
        states = self.states
        sent = sum(states[state] for state in SENT)
        return CarrierStatistics(
            states.total(), sent, states[State.DELIVERED], states[State.UNDELIVERED], percentiles(self.delays)
        )


class ReportBuilder:
    """Builds a report from messages, one by one. It keeps at most three numbers of each message."""

    def __init__(self) -> None:
        self._carriers: dict[str, _Carrier] = {}
        self._causes = Counter[tuple[State, str]]()
        self._created: tuple[datetime, datetime] | None = None
        self._delivered, self._undelivered = array("d"), array("d")
        self._billed, self._billed_of, self._billed_delivered = 0, 0, 0
        self._from_texts, self._texts, self._without_text, self._unknown = 0, 0, 0, 0

    def add(self, message: Message, parts: int | None = None) -> None:
        """Add a message.

        Args:
            message: as the store has it now.
            parts: estimated number of parts, if the store still has the text.
        """
        carrier = self._carriers.setdefault(message.carrier_found or message.carrier or UNKNOWN_CARRIER, _Carrier())
        carrier.states[message.state] += 1
        first, last = self._created or (message.created_at, message.created_at)
        self._created = min(first, message.created_at), max(last, message.created_at)
        if message.state is State.DELIVERED:
            self._delivered.append(message.since.timestamp())
            if message.sent_at is not None:
                carrier.delays.append(max((message.since - message.sent_at).total_seconds(), 0.0))
        elif message.state is State.UNDELIVERED:
            self._undelivered.append(message.since.timestamp())
        if message.state in STATES_WITH_CAUSE or message.is_suppressed or message.replaced_by is not None:
            key = message.state, cause_of(message)
            known = key in self._causes or len(self._causes) < MAX_CAUSES
            self._causes[key if known else (message.state, OTHER)] += 1
        self._add_cost(message, parts)

    def _add_cost(self, message: Message, parts: int | None) -> None:
        outcome = OUTCOMES[message.state]
        if message.parts is not None:
            self._billed += message.parts
            self._billed_of += 1
            self._billed_delivered += message.state is State.DELIVERED
        elif outcome in OPEN and parts is not None:
            self._from_texts += parts
            self._texts += 1
        elif outcome in OPEN:
            self._without_text += 1
        elif outcome in {Outcome.DELIVERED, Outcome.UNKNOWN}:
            self._unknown += 1

    def build(self, group: str, at: datetime) -> Report:
        """Return the report about all messages that were added."""
        carriers = {name: carrier.statistics() for name, carrier in self._carriers.items()}
        states = sum((carrier.states for carrier in self._carriers.values()), Counter[State]())
        outcomes = Counter[Outcome]()
        for state, count in states.items():
            outcomes[OUTCOMES[state]] += count
        delays = array("d")
        for carrier in self._carriers.values():
            delays.extend(carrier.delays)
        return Report(
            group=group,
            at=at,
            messages=states.total(),
            created=self._created,
            sent=sum(states[state] for state in SENT),
            outcomes={outcome: outcomes[outcome] for outcome in Outcome},
            states={state: states[state] for state in State if states[state]},
            causes=tuple(Cause(*key, count) for key, count in self._causes.most_common()),
            cost=self._cost(),
            delay=percentiles(delays),
            carriers=dict(sorted(carriers.items(), key=lambda item: (-item[1].messages, item[0]))),
            timeline=timeline(self._delivered, self._undelivered),
        )

    def _cost(self) -> Cost:
        average = self._average()
        if average is None:
            unknown = self._unknown + self._without_text
            return Cost(self._billed, self._billed_of, self._from_texts, self._texts, unknown)
        expected = self._from_texts + ceil(average * self._without_text)
        return Cost(self._billed, self._billed_of, expected, self._texts + self._without_text, self._unknown)

    def _average(self) -> float | None:
        """Return the average parts of delivered messages, or else of the texts that the store still has."""
        if self._billed_delivered:
            return self._billed / self._billed_delivered
        return self._from_texts / self._texts if self._texts else None


def cause_of(message: Message) -> str:
    """Return why a message was not delivered: the cause with the code of the carrier, or else the reason."""
    if message.state is State.UNDELIVERED and message.detail:
        return failure_in_words(message.detail)
    return message.reason
