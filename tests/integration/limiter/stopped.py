"""A process that stops itself after Redis has booked its slot, and goes on when the test wants it.

    python stopped.py REDIS_URL KEY PROVIDER_URL

It prints the end of its claim, and then `sent` or `claim lost`.
"""

import os
import signal
import sys
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from zettai.core.lanes import Lane
from zettai.core.store.connection import UNRETRIED, connect
from zettai_worker.limiter import Limiter, slots
from zettai_worker.limiter.microseconds import SECOND
from zettai_worker.limiter.slots import BookedSlots
from zettai_worker.limiter.storage import SlotStorage
from zettai_worker.provider import ProviderClient, SendRequest

CLAIM = timedelta(seconds=2)
"""Longer than a slot may be old, so that the age of the slot alone does not decide."""

book = SlotStorage.book


class ClaimLost(Exception):  # noqa: N818 - as in the worker
    """The slot is after the end of the claim."""


def book_then_stop(*args: Any, **options: Any) -> BookedSlots:
    """Book slots, and stop this process before it sees them. The next booking does not stop it."""
    booked = book(*args, **options)
    SlotStorage.book = book  # type: ignore[method-assign]
    os.kill(os.getpid(), signal.SIGSTOP)
    signal.sigwait({signal.SIGCONT})  # the kernel may let this thread run on for a moment
    return booked


def main() -> None:
    """Claim, wait for a slot, send."""
    slots.MAX_LATENESS = 30 * SECOND  # only the age of a slot decides, however busy the machine is
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCONT})  # for `sigwait`, in all threads
    redis_url, key, provider_url = sys.argv[1:]
    redis = connect(redis_url, retry=UNRETRIED, timeout=timedelta(seconds=2))
    limiter = Limiter(redis, key=key)
    seconds, microseconds = redis.time()
    claimed_until = seconds + microseconds / 1_000_000 + CLAIM.total_seconds()
    sys.stdout.write(f"{claimed_until}\n")
    sys.stdout.flush()

    def before_send() -> None:
        if limiter.acquire(Lane.URGENT, timeout=timedelta(minutes=1)).timestamp() > claimed_until:
            raise ClaimLost

    client = ProviderClient(
        base_url=provider_url,
        token=SecretStr("T" * 32),
        client_id="1234",
        sms_code="55555",
        connect_timeout=timedelta(seconds=5),
        read_timeout=timedelta(seconds=5),
    )
    SlotStorage.book = book_then_stop  # type: ignore[method-assign]
    try:
        client.send(SendRequest("+819012345678", "hello", "tag-1"), before_send=before_send)
        sys.stdout.write("sent\n")
    except ClaimLost:
        sys.stdout.write("claim lost\n")


if __name__ == "__main__":
    main()
