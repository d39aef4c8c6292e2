"""A Redis for the slot dispatcher that gives the answers of the test, when the test gives them."""

from collections.abc import Callable
from queue import SimpleQueue

from redis.exceptions import ConnectionError as RedisConnectionError

from zettai_worker.limiter.local_clock import local_now
from zettai_worker.limiter.microseconds import MILLISECOND
from zettai_worker.limiter.slots import NOT_PAUSED, BookedSlots

Answer = Callable[[], BookedSlots]


def slots(count: int, due_in: int = 0, pause: int = NOT_PAUSED) -> Answer:
    """Return an answer with booked slots, from a server with the local clock."""

    def answer() -> BookedSlots:
        now = local_now()
        return BookedSlots(server_time=now, first=now + due_in, step=5 * MILLISECOND, count=count, pause=pause)

    return answer


def paused(for_: int) -> Answer:
    """Return an answer without slots, because of a pause."""
    return lambda: BookedSlots(server_time=local_now(), first=0, step=1, count=0, pause=local_now() + for_)


def redis_is_away() -> BookedSlots:
    """Fail like a client without a connection."""
    raise RedisConnectionError


def broken() -> BookedSlots:
    """Fail with an unexpected error."""
    raise ZeroDivisionError


class ScriptedRedis:
    """Books slots for the dispatcher. Each booking waits for an answer of the test."""

    def __init__(self) -> None:
        self.answers: SimpleQueue[Answer] = SimpleQueue()
        self.asked: list[tuple[int, int, int]] = []
        """The numbers of slots, the horizons and the batch horizons."""

    def book(self, count: int, horizon: int, batch_horizon: int) -> BookedSlots:
        """Wait for the next answer."""
        self.asked.append((count, horizon, batch_horizon))
        return self.answers.get(timeout=60)()

    def answer(self, *answers: Answer) -> None:
        """Add answers for the next bookings."""
        for answer in answers:
            self.answers.put(answer)
