"""What became of a group of messages: pure arithmetic. Where the messages come from is not known here."""

from array import array
from collections import Counter
from datetime import datetime
from math import ceil

from zettai import Message, State
from zettai.core.aossms.codes import explain_failure
from zettai_cli.campaigns.report.figures import CarrierSums, Cause, Cost, Outcome, Report
from zettai_cli.campaigns.report.timeline import timeline
from zettai_cli.shared.percentiles import spread

MOST_CAUSES = 1_000
"""Causes that are told apart; a provider that words each refusal differently must not fill the memory."""

OTHER = "other"

UNNAMED = "not named"
"""Where the sender named no carrier. What the provider found is not recorded, and guessing from failures alone, which
tell it, would make every such carrier look bad."""

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
"""States in which the provider has surely taken the message for sending."""

EXPLAINED = frozenset({State.UNDELIVERED, State.REJECTED, State.FAILED})
"""States whose cause is worth a line."""

OPEN = frozenset({Outcome.PENDING, Outcome.UNDER_WAY})


class _Carrier:
    """The counts of one carrier, while they grow."""

    def __init__(self) -> None:
        self.states = Counter[State]()
        self.delays = array("d")

    def sums(self) -> CarrierSums:
        states = self.states
        sent = sum(states[state] for state in SENT)
        return CarrierSums(
            states.total(), sent, states[State.DELIVERED], states[State.UNDELIVERED], spread(self.delays)
        )


class Sums:
    """Takes messages one by one; of each it keeps three numbers at most."""

    def __init__(self) -> None:
        self._carriers: dict[str, _Carrier] = {}
        self._causes = Counter[tuple[State, str]]()
        self._created: tuple[datetime, datetime] | None = None
        self._delivered, self._undelivered = array("d"), array("d")
        self._billed, self._billed_of, self._billed_delivered = 0, 0, 0
        self._from_texts, self._texts, self._without_text, self._unknown = 0, 0, 0, 0

    def add(self, message: Message, parts: int | None = None) -> None:
        """Count a message.

        Args:
            message: as it stands.
            parts: that its text would make, where the text is still there.
        """
        carrier = self._carriers.setdefault(message.carrier or UNNAMED, _Carrier())
        carrier.states[message.state] += 1
        first, last = self._created or (message.created_at, message.created_at)
        self._created = min(first, message.created_at), max(last, message.created_at)
        if message.state is State.DELIVERED:
            self._delivered.append(message.since.timestamp())
            if message.sent_at is not None:
                carrier.delays.append(max((message.since - message.sent_at).total_seconds(), 0.0))
        elif message.state is State.UNDELIVERED:
            self._undelivered.append(message.since.timestamp())
        if message.state in EXPLAINED:
            key = message.state, cause_of(message)
            known = key in self._causes or len(self._causes) < MOST_CAUSES
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

    def report(self, group: str, at: datetime) -> Report:
        """The figures of all that were counted."""
        carriers = {name: carrier.sums() for name, carrier in self._carriers.items()}
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
            delay=spread(delays),
            carriers=dict(sorted(carriers.items(), key=lambda item: (-item[1].messages, item[0]))),
            ends=timeline(self._delivered, self._undelivered),
        )

    def _cost(self) -> Cost:
        average = self._average()
        if average is None:
            unknown = self._unknown + self._without_text
            return Cost(self._billed, self._billed_of, self._from_texts, self._texts, unknown)
        expected = self._from_texts + ceil(average * self._without_text)
        return Cost(self._billed, self._billed_of, expected, self._texts + self._without_text, self._unknown)

    def _average(self) -> float | None:
        """Parts of a message whose text is gone: as those that were delivered had, else as the texts have."""
        if self._billed_delivered:
            return self._billed / self._billed_delivered
        return self._from_texts / self._texts if self._texts else None


def cause_of(message: Message) -> str:
    """Why a message ended badly: the carrier's cause and its code, or what stands as the reason."""
    if message.state is State.UNDELIVERED and message.detail:
        return f"{explain_failure(message.detail).cause.value} ({message.detail})"
    return message.reason
