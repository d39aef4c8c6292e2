"""The causes of failures in a campaign, in ordinary words. Causes with the same words are counted together."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from zettai.campaign_report.statistics import Cause
from zettai.core.aossms.codes import explain_failure
from zettai.core.states import State
from zettai_console.words.reasons import CAUSES, Say, explain

_WITH_CODE = re.compile(r"(.*) \((\w+)\)")
"""A cause that a carrier named, with its code."""


@dataclass(slots=True)
class CauseInWords:
    """Why messages were not delivered.

    Attributes:
        state: their final state.
        words: the cause, in the user's language.
        messages: number of messages.
        details: the codes of carriers that mean this cause.
    """

    state: State
    words: str
    messages: int = 0
    details: list[str] = field(default_factory=list)


def causes_in_words(causes: Iterable[Cause], say: Say) -> list[CauseInWords]:
    """Return the causes of a report in ordinary words, most frequent first."""
    found: dict[tuple[State, str], CauseInWords] = {}
    for cause in causes:
        with_code = _WITH_CODE.fullmatch(cause.reason) if cause.state is State.UNDELIVERED else None
        words = explain(cause.reason, say) if with_code is None else say(CAUSES[explain_failure(with_code[2]).cause])
        one = found.setdefault((cause.state, words), CauseInWords(cause.state, words))
        one.messages += cause.messages
        if with_code is not None:
            one.details.append(with_code[2])
    return sorted(found.values(), key=lambda one: -one.messages)
