"""Loads for one part alone. Each returns how many calls a second it made."""

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from http.client import HTTPConnection
from multiprocessing import get_context
from urllib.parse import urlencode, urlsplit

from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai.core.store import StateUpdate, WorkerStore
from zettai.core.store.connection import UNRETRIED, connect
from zettai.core.store.keys import Keys
from zettai_benchmarks.accepting import CHUNK, LEASE, SUBMITTING, new_messages
from zettai_simulator.settings import TOKEN
from zettai_worker.limiter import Limiter, LimiterTimeout

PATH = "/p5/api/mt.json"
THREADS = 8
"""Threads of each process that uses the limiter."""

BATCH = 8
"""Messages that a worker claims and settles at once."""

Load = Callable[[str, float], dict[str, float]]
"""From a URL and seconds to numbers a second, by name."""


def spread(load: Load, url: str, seconds: float, processes: int) -> dict[str, float]:
    """Run a load in several processes at once, and return the sums."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        done = list(pool.map(load, [url] * processes, [seconds] * processes))
    return {name: sum(one[name] for one in done) for name in done[0]}


def calls(url: str, seconds: float) -> dict[str, float]:
    """Send requests one after the other over one connection."""
    target = urlsplit(url)
    connection = HTTPConnection(str(target.hostname), target.port)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    form = {"token": TOKEN, "clientId": "1234", "smsCode": "12345", "phoneNumber": "09012345678", "message": "hello"}
    body = urlencode(form)

    def one() -> int:
        connection.request("POST", PATH, body, headers)
        connection.getresponse().read()
        return 1

    return {"calls": _rate(one, seconds)}


def slots(url: str, seconds: float) -> dict[str, float]:
    """Acquire slots of a limit that is not reached, by threads that share a limiter."""
    limiter = Limiter(connect(url, retry=UNRETRIED, timeout=timedelta(seconds=2)), limit="100000/second", key="slots")

    def one() -> int:
        with suppress(LimiterTimeout):
            limiter.acquire(Lane.BULK, timeout=timedelta(seconds=1))
            return 1
        return 0

    limiter.acquire(Lane.BULK, timeout=timedelta(seconds=5))  # the first one waits until an unknown past is over
    with ThreadPoolExecutor(THREADS) as pool:
        return {"slots": sum(pool.map(lambda _: _rate(one, seconds), range(THREADS)))}


def transitions(url: str, seconds: float) -> dict[str, float]:
    """Create messages by 100, and claim and update them by 8, as in production."""
    with connect(url) as redis:
        store = WorkerStore(redis, Keys("zettai"))
        made: list[str] = []
        claimed: list[tuple[str, str]] = []

        def create() -> int:
            [chunk] = new_messages(CHUNK, "hello")
            store.create(chunk)
            made.extend(one.client_tag for one in chunk)
            return len(chunk)

        def claim() -> int:
            tags = [made.pop() for _ in range(min(BATCH, len(made)))]
            if not tags:
                return 0
            token = tags[0]
            found = store.claim(tags, token, claim_timeout=LEASE, held_for=LEASE)
            claimed.extend((one.message.client_tag, token) for one in found)
            return len(found)

        def apply_updates() -> int:
            batch = [claimed.pop() for _ in range(min(BATCH, len(claimed)))]
            orders = [
                StateUpdate(
                    client_tag=tag,
                    expected_states=SUBMITTING,
                    claim_id=token,
                    to=State.ACCEPTED,
                    reason="code 0",
                    due_in=LEASE,
                )
                for tag, token in batch
            ]
            return len(store.apply_updates(orders)) if orders else 0

        return {
            name: _rate(one, seconds)
            for name, one in (("create", create), ("claim", claim), ("apply_updates", apply_updates))
        }


def _rate(one: Callable[[], int], seconds: float) -> float:
    """Call until the time is over or nothing is left, and return the number a second."""
    began = time.monotonic()
    done = 0
    while time.monotonic() - began < seconds:
        count = one()
        if not count:
            break
        done += count
    return done / (time.monotonic() - began)
