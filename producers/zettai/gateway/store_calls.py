"""Run blocking calls to the store in threads, and turn their failures into problems."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from zettai.asgi.thread_pool import ThreadPool
from zettai.core.errors import (
    DurabilityUnavailable,
    EncryptionKeyMissing,
    LedgerUnavailable,
    NotDurable,
    SettingsError,
    SuppressionKeyMismatch,
)
from zettai.core.store.connection import store_errors
from zettai.gateway.problems import Problem, ProblemType

RETRY_SOON = {"Retry-After": "1"}

CALL_TIMEOUT = timedelta(seconds=25)
"""For the store calls of a request. After it, the call continues, and the client gets a 503."""

THREADS = 32
"""Requests that call the store at the same time."""

Result = TypeVar("Result")


class StoreCalls:
    """Runs store calls. All requests share one."""

    def __init__(self) -> None:
        self._threads = ThreadPool(threads=THREADS, timeout=CALL_TIMEOUT)

    async def run(self, call: Callable[[], Result]) -> Result:
        """Run a call and return its result.

        Raises:
            Problem: Redis does not answer, is too slow, or cannot confirm that data is on disk; or a key is
                missing, or the suppression list belongs to another one.
        """
        try:
            with store_errors():
                return await self._threads.run(call)
        except DurabilityUnavailable as error:
            raise Problem(ProblemType.NO_DURABILITY, error.reason) from None
        except EncryptionKeyMissing as error:
            raise Problem(ProblemType.NO_ENCRYPTION_KEY, str(error)) from None
        except (SettingsError, SuppressionKeyMismatch) as error:
            raise Problem(ProblemType.NO_SUPPRESSIONS, str(error)) from None
        except NotDurable:
            detail = "To wait for the disk again, repeat the request."
            raise Problem(ProblemType.NOT_DURABLE, detail, headers=RETRY_SOON) from None
        except LedgerUnavailable:
            detail = "Redis does not answer. Repeat the request later."
            raise Problem(ProblemType.UNAVAILABLE, detail, headers=RETRY_SOON) from None
        except TimeoutError:
            detail = "Redis is too slow. The request may have been executed."
            raise Problem(ProblemType.UNAVAILABLE, detail, headers=RETRY_SOON) from None
