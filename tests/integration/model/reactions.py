"""What the provider may do with one call, and what it may say about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Effect(StrEnum):
    """What a call does at the provider."""

    AT_ONCE = "at once"
    LATE = "a minute later"
    NONE = "not at all"


class Answer(StrEnum):
    """What the provider says. An answer that makes no sense for a call is the truth there."""

    TRUTH = "the truth"
    NONE = "nothing"
    NO_CONNECTION = "no connection"
    KILLED_BEFORE = "(worker killed before the request)"
    KILLED_AFTER = "(worker killed before the answer)"
    WEB_PAGE = "a web page"
    HTTP_403 = "HTTP 403"
    HTTP_404 = "HTTP 404"
    HTTP_429 = "HTTP 429"
    HTTP_500 = "HTTP 500"
    HTTP_503 = "HTTP 503"
    CODE_0 = "code 0"
    CODE_100 = "code 100"
    CODE_110 = "code 110"
    CODE_120 = "code 120"
    CODE_130 = "code 130"
    CODE_140 = "code 140"
    CODE_200 = "code 200"
    CODE_300 = "code 300"
    CODE_310 = "code 310"
    CODE_400 = "code 400"
    CODE_500 = "code 500"
    CODE_MINUS_1 = "code -1"
    INVALID_TOKEN = "code 110 Invalid [token]."
    NO_ROWS = "no rows"
    OTHER_TAGS = "rows of other tags only"
    OTHER_NUMBER = "our tag with another number"
    UNREADABLE = "a row that cannot be read"
    CONTRADICTIONS = "rows that contradict each other"
    STATUS_0 = "statusId 0"
    STATUS_1 = "statusId 1"
    STATUS_2 = "statusId 2"
    STATUS_3 = "statusId 3"

    @property
    def number(self) -> int:
        """The HTTP status, code or statusId."""
        return int(self.split()[1])

    @property
    def has_body(self) -> bool:
        """Whether the worker gets an answer with a code."""
        return not self.is_http_error and self not in {Answer.NONE, Answer.KILLED_AFTER, Answer.WEB_PAGE}

    @property
    def kills(self) -> bool:
        """Whether the worker is killed in place of an answer."""
        return self in {Answer.KILLED_BEFORE, Answer.KILLED_AFTER}

    @property
    def is_http_error(self) -> bool:
        """Whether the answer is an HTTP status alone."""
        return self.startswith("HTTP")

    @property
    def is_code(self) -> bool:
        """Whether the answer is a code, with HTTP status 200."""
        return self.startswith("code")

    @property
    def is_status(self) -> bool:
        """Whether the answer is a statusId in place of the true one."""
        return self.startswith("statusId")

    @property
    def text(self) -> str:
        """The `responseMessage` of a code."""
        return self.removeprefix("code 110 ") if self is Answer.INVALID_TOKEN else f"Text of code {self.number}."


NOT_TAKEN = frozenset({Answer.CODE_100, Answer.CODE_110, Answer.CODE_120, Answer.INVALID_TOKEN})
"""Answers of mt.json that say that the message was not taken. All others leave that open."""


@dataclass(frozen=True)
class Reaction:
    """The provider's reaction to one call.

    Attributes:
        effect: what the call does.
        answer: what the provider says.
        meanwhile: a step that happens elsewhere while the call is in flight.
        answer_waits: whether it happens before the answer arrives, or before the request does.
    """

    effect: Effect = Effect.AT_ONCE
    answer: Answer = Answer.TRUTH
    meanwhile: Any = None
    answer_waits: bool = False


TRUE_REACTION = Reaction()
