"""The sending engine: each worker process has one. It makes as many calls at the same time as the limit can use.

A Celery task hands its messages to the engine and returns. One message then goes through these files:

    work         what is done with a message, in three steps: take, call, record
    feed         messages that wait in this process, and which ones are taken next
    open_queues  the queues that Celery reads: those for which the feed has room
    claimer      the thread that takes messages, shortly before their slots
    callers      the threads that make calls; as many as are needed
    recorder     the thread that records outcomes, many at a time
    engine       `Engine`, which the rest of the worker uses

No number of threads is set. The claimer takes a few messages more than the limit gives slots, and each of them has a
caller, which is started if none is free. So the number of callers follows the provider's latency by itself.
"""

from zettai_worker.engine.engine import Engine
from zettai_worker.engine.work import Slots, Work

__all__ = ["Engine", "Slots", "Work"]
