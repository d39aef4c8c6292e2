"""A Redis for the dispatcher that answers what the test says, when the test says it."""

from collections.abc import Callable
from queue import SimpleQueue

from redis.exceptions import ConnectionError as RedisConnectionError

from zettai_worker.limiter.microseconds import MILLISECOND, monotonic_now
from zettai_worker.limiter.slots import NOT_PAUSED, BookedSlots

Answer = Callable[[], BookedSlots]


def slots(count: int, due_in: int = 0, pause: int = NOT_PAUSED) -> Answer:
    """A booking, by a server whose clock is the local one."""

    def answer() -> BookedSlots:
        now = monotonic_now()
        return BookedSlots(server_time=now, first=now + due_in, step=5 * MILLISECOND, count=count, pause=pause)

    return answer


def paused(for_: int) -> Answer:
    """A refusal to book for a time."""
    return lambda: BookedSlots(server_time=monotonic_now(), first=0, step=1, count=0, pause=monotonic_now() + for_)


def redis_is_away() -> BookedSlots:
    """No answer."""
    raise RedisConnectionError


def broken() -> BookedSlots:
    """An error that nobody thought of."""
    raise ZeroDivisionError


class Source:
    """Where the dispatcher books: each booking waits for the test to say what comes of it."""

    def __init__(self) -> None:
        self.answers: SimpleQueue[Answer] = SimpleQueue()
        self.asked: list[tuple[int, int]] = []

    def reserve(self, count: int, horizon: int) -> BookedSlots:
        """Wait for the next answer."""
        self.asked.append((count, horizon))
        return self.answers.get(timeout=10)()

    def answer(self, *answers: Answer) -> None:
        """Let the next bookings come to this."""
        for answer in answers:
            self.answers.put(answer)
