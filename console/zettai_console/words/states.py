"""The states and outcomes of messages in ordinary words. The texts are keys of the catalog."""

from collections.abc import Mapping
from typing import NamedTuple

from zettai.campaign_report.statistics import Outcome
from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai_console.language import mark


class StateWords(NamedTuple):
    """The words of a state.

    Attributes:
        label: its name, in one or two words.
        meaning: what it means, as a sentence.
        tone: how it looks: `good`, `bad`, `wait` or `busy`.
    """

    label: str
    meaning: str
    tone: str


STATES: Mapping[State, StateWords] = {
    State.QUEUED: StateWords(mark("Waiting"), mark("The message is recorded and waits to be sent."), "wait"),
    State.HELD: StateWords(mark("On hold"), mark("Sending is suspended. The message waits until it resumes."), "wait"),
    State.SUBMITTING: StateWords(mark("Submitting"), mark("The message is being given to the provider."), "busy"),
    State.SUBMIT_UNKNOWN: StateWords(
        mark("Being clarified"),
        mark("The provider may or may not have the message. This is being clarified; it is never sent twice."),
        "wait",
    ),
    State.SCHEDULED: StateWords(mark("Reserved"), mark("The provider sends the message at the chosen time."), "busy"),
    State.ACCEPTED: StateWords(mark("Sent"), mark("The provider has accepted the message."), "busy"),
    State.SENDING: StateWords(mark("On its way"), mark("The carrier is delivering the message."), "busy"),
    State.DELIVERED: StateWords(mark("Delivered"), mark("The message has arrived."), "good"),
    State.UNDELIVERED: StateWords(mark("Not delivered"), mark("The carrier could not deliver the message."), "bad"),
    State.DELIVERY_UNKNOWN: StateWords(
        mark("Result unknown"), mark("The carrier has not said whether the message arrived. It may have."), "bad"
    ),
    State.REJECTED: StateWords(mark("Refused"), mark("The provider refused the message. It was not sent."), "bad"),
    State.EXPIRED: StateWords(mark("Expired"), mark("The message could not be sent in time. It was not sent."), "bad"),
    State.CANCELED: StateWords(mark("Canceled"), mark("The message was canceled. It was not sent."), "wait"),
    State.FAILED: StateWords(
        mark("Failed"), mark("Another message has the same tag at the provider. This one was not sent."), "bad"
    ),
}

OUTCOMES: Mapping[Outcome, str] = {
    Outcome.DELIVERED: mark("Delivered"),
    Outcome.UNDELIVERED: mark("Not delivered"),
    Outcome.UNKNOWN: mark("Result unknown"),
    Outcome.UNDER_WAY: mark("Under way"),
    Outcome.PENDING: mark("Waiting"),
    Outcome.CANCELED: mark("Canceled"),
    Outcome.EXPIRED: mark("Expired"),
    Outcome.REFUSED: mark("Refused"),
}

LANES: Mapping[Lane, str] = {
    Lane.URGENT: mark("Urgent"),
    Lane.NORMAL: mark("Normal"),
    Lane.BULK: mark("Campaign"),
    Lane.STATUS: mark("Status checks"),
}

CARRIERS: Mapping[str, str] = {
    "au": "au (KDDI)",
    "docomo": "NTT docomo",
    "softbank": "SoftBank",
    "rakuten": mark("Rakuten Mobile"),
    "unknown": mark("Unknown"),
}
"""The names of the carriers."""
