"""Run blocking functions in threads, with a time limit, so that the event loop keeps serving other requests."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

Result = TypeVar("Result")


class ThreadPool:
    """A bounded number of threads."""

    def __init__(self, *, threads: int, timeout: timedelta) -> None:
        """Set the limits.

        Args:
            threads: calls that run at the same time. Further calls wait for a free thread.
            timeout: for the wait and the call together. After a timeout the call continues in its thread, and its
                result is dropped.
        """
        self._threads = threads
        self._timeout = timeout
        self._limiter: CapacityLimiter | None = None

    async def run(self, function: Callable[[], Result]) -> Result:
        """Run a function in a thread and return its result.

        Raises:
            TimeoutError: it did not finish in time.
        """
        if self._limiter is None:
            self._limiter = CapacityLimiter(self._threads)  # needs a running event loop
        async with asyncio.timeout(self._timeout.total_seconds()):
            return await to_thread.run_sync(function, abandon_on_cancel=True, limiter=self._limiter)
