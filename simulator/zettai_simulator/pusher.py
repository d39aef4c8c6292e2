"""Push delivery reports to a URL when messages have a final status, and repeat those that are not accepted."""

import asyncio
from collections import Counter

from aiohttp import ClientError, ClientSession, ClientTimeout

from zettai_simulator import clock
from zettai_simulator.messages import Message
from zettai_simulator.reports import form_of, report_of
from zettai_simulator.settings import Reports

TRIES = 4
"""One attempt and three more, as in the provider's specification."""

_AT_ONCE = 50  # pushes under way at the same time
_REDIRECTION = 300


class Pusher:
    """Keeps a timer for each message, and pushes its report when it has a final status.

    Only messages with a client tag are reported, as the provider does.

    Args:
        reports: Where to and how.
        client_id: What reports call the account.
    """

    def __init__(self, reports: Reports, client_id: str) -> None:
        self.counts: Counter[str] = Counter(pushed=0, delivered=0, given_up=0)
        self.results: dict[int, str] = {}
        """For each message with a report, by its serial: pushing, delivered or given_up."""
        self._reports = reports
        self._client_id = client_id
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._pushes: set[asyncio.Task[None]] = set()
        self._concurrency = asyncio.Semaphore(_AT_ONCE)
        self._session: ClientSession | None = None

    def watch(self, message: Message) -> None:
        """Report this message when it has a final status; a second call sets the timer again."""
        ends_at = message.ends_at
        if self._reports.url is None or message.submission.client_tag is None or ends_at is None:
            return
        earlier = self._timers.pop(message.serial, None)
        if earlier is not None:
            earlier.cancel()
        delay = (ends_at - clock.now()) / clock.SECOND
        self._timers[message.serial] = asyncio.get_running_loop().call_later(max(0.0, delay), self._ended, message)

    def reset(self) -> None:
        """Cancel all timers and pushes."""
        for timer in self._timers.values():
            timer.cancel()
        for push in self._pushes:
            push.cancel()
        self._timers.clear()
        self.results.clear()
        self.counts = Counter(dict.fromkeys(self.counts, 0))

    async def close(self) -> None:
        """Stop at once."""
        self.reset()
        await asyncio.gather(*self._pushes, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def _ended(self, message: Message) -> None:
        del self._timers[message.serial]
        if message.cancelled_at is None:
            push = asyncio.get_running_loop().create_task(self._push(message))
            self._pushes.add(push)
            push.add_done_callback(self._pushes.discard)

    async def _push(self, message: Message) -> None:
        form = form_of(report_of(message, self._client_id))
        self.results[message.serial] = "pushing"
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(self._reports.pause)
            async with self._concurrency:
                if await self._was_accepted(form):
                    self.counts["delivered"] += 1
                    self.results[message.serial] = "delivered"
                    return
        self.counts["given_up"] += 1
        self.results[message.serial] = "given_up"

    async def _was_accepted(self, form: dict[str, str]) -> bool:
        """Push once, and return whether the answer was 2xx in time."""
        self.counts["pushed"] += 1
        if self._session is None:
            self._session = ClientSession(timeout=ClientTimeout(total=self._reports.timeout))
        try:
            async with self._session.post(self._reports.url or "", data=form, allow_redirects=False) as response:
                return response.status < _REDIRECTION
        except (ClientError, TimeoutError):
            return False
