"""The provider, as a worker's connection sees it: it does and says whatever its reactions are.

It stands in place of `Transport`, just below `ProviderClient`: it gets the encoded fields of each call, and returns
HTTP statuses and JSON, or raises the errors of a connection. So the client's reading of answers is tested too. HTTP
itself would be too slow for 10,000 examples; it has its own tests in tests/integration/provider.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import cycle
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from pydantic import SecretStr
from tests.integration.model.provider_account import Traits
from tests.integration.model.provider_calls import Calls, Rows
from tests.integration.model.reactions import TRUE_REACTION, Answer, Effect, Reaction
from tests.integration.model.story import Story
from tests.support.redis_clock import RedisClock

from zettai_worker.provider import Ambiguous, BeforeSend, NotSent
from zettai_worker.provider.errors import InvalidAnswer
from zettai_worker.provider.transport import Content, Reply

CALL_TIME = timedelta(milliseconds=100)

TIMEOUT = timedelta(seconds=10)
"""`ZETTAI_HTTP_TIMEOUT`: so long a worker waits for an answer that does not come."""

WEB_PAGE = b"<html><body>Please try again later.</body></html>"

TAGS_AND_TIMES = ("clientTag", "groupTag", "scheduleTime", "scheduleDate", "date", "startDate", "endDate")
"""The fields of calls that the story has."""


class WorkerKilled(BaseException):
    """The worker process ends here."""


class ProviderModel:
    """Stands in for `Transport`.

    Attributes:
        calls: what the calls do.
        on_call: called with endpoint and fields of each request that arrives.
        on_killed: called when the worker that makes the call is killed.
        meanwhile: does a step while a call is in flight.
        reactions: to the next calls.
        afterwards: the reactions to all later calls.
    """

    def __init__(self, clock: RedisClock, story: Story, traits: Traits) -> None:
        self.calls = Calls(clock, traits)
        self.on_call: Callable[[str, dict[str, str]], None] = lambda *_: None
        self.on_killed: Callable[[], None] = lambda: None
        self.meanwhile: Callable[[Any], None] = lambda _: None
        self.reactions: deque[Reaction] = deque()
        self.afterwards: Iterator[Reaction] = cycle([TRUE_REACTION])
        self._clock = clock
        self._story = story

    def exchange(
        self,
        path: str,
        encoded: SecretStr,
        *,
        read: Callable[[Iterator[bytes]], Content],
        before_send: BeforeSend | None,
        **_: object,
    ) -> Reply[Content]:
        """Answer a call, as `Transport.exchange` does."""
        endpoint = path.rsplit("/", maxsplit=1)[-1]
        fields = dict(parse_qsl(encoded.get_secret_value(), keep_blank_values=True))
        call = " ".join([endpoint.removesuffix(".json"), *(fields[name] for name in TAGS_AND_TIMES if name in fields)])
        reaction = self.reactions.popleft() if self.reactions else next(self.afterwards)
        if reaction.answer is Answer.NO_CONNECTION:
            self._story.tell(f"    {call}: no connection")
            raise NotSent(endpoint, "no connection")
        if before_send is not None:
            before_send()
        if reaction.answer is Answer.KILLED_BEFORE:
            self._kill(f"    {call}: worker killed before the request")
        self.on_call(endpoint, fields)
        if reaction.meanwhile is not None and not reaction.answer_waits:
            self._do_meanwhile(call, "on its way there", reaction)
        self._clock.advance(CALL_TIME)
        self.calls.happen()
        code, rows = self.calls.answer(endpoint, fields, reaction)
        if reaction.meanwhile is not None and reaction.answer_waits:
            self._do_meanwhile(call, "the answer is on its way", reaction)
        said = f"code {code}, {_rows_text(rows)}" if rows is not None and code == 0 else f"code {code}"
        effect = "" if reaction.effect is Effect.AT_ONCE else f" (takes effect {reaction.effect})"
        self._story.tell(f"    {call}: {said if reaction.answer.has_body else reaction.answer}{effect}")
        if reaction.answer is Answer.KILLED_AFTER:
            self._kill(f"    {call}: worker killed before the answer")
        text = reaction.answer.text if reaction.answer.is_code else f"Text of code {code}."
        body = {"responseCode": code, "responseMessage": text} | ({} if rows is None else {"status": rows})
        return self._reply(endpoint, reaction.answer, body, read)

    def close(self) -> None:
        """Close nothing."""

    def _reply(
        self, endpoint: str, answer: Answer, body: dict[str, Any], read: Callable[[Iterator[bytes]], Content]
    ) -> Reply[Content]:
        if answer is Answer.NONE:
            self._clock.advance(TIMEOUT)
            self.calls.happen()
            raise Ambiguous(endpoint, "no complete answer in time")
        if answer.is_http_error:
            return Reply(answer.number)
        try:
            content = read(iter([WEB_PAGE if answer is Answer.WEB_PAGE else json.dumps(body).encode()]))
        except InvalidAnswer as error:
            raise Ambiguous(endpoint, str(error), http_status=200) from None
        return Reply(200, content=content)

    def _do_meanwhile(self, call: str, where: str, reaction: Reaction) -> None:
        self._story.tell(f"    {call}: {where}, and meanwhile")
        self.meanwhile(reaction.meanwhile)

    def _kill(self, line: str) -> NoReturn:
        self._story.tell(line)
        self.on_killed()
        raise WorkerKilled


def _rows_text(rows: Rows) -> str:
    return "; ".join(f"{row.get('clientTag')} statusId {row.get('statusId', '-')}" for row in rows) or "no rows"
