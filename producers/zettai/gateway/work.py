"""Work that blocks, in threads and for a bounded time, so that the loop goes on answering others."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

Answer = TypeVar("Answer")


class Work:
    """Threads for one kind of work."""

    def __init__(self, *, threads: int, within: timedelta) -> None:
        """Set the bounds.

        Args:
            threads: so many pieces are worked on at once; more wait for their turn within the same time.
            within: for the wait and the work. What is not done then goes on in its thread, and nobody waits for it.
        """
        self._threads = threads
        self._within = within
        self._limiter: CapacityLimiter | None = None

    async def run(self, work: Callable[[], Answer]) -> Answer:
        """Run it, and answer what it answers.

        Raises:
            TimeoutError: it took too long.
        """
        if self._limiter is None:
            self._limiter = CapacityLimiter(self._threads)  # belongs to the loop, which does not run before
        async with asyncio.timeout(self._within.total_seconds()):
            return await to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._limiter)
