"""Create messages that the provider has accepted, by the store's scripts and without any call.

No call is made. Sending a million at 600 a second would take half an hour.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context

from zettai.core.lanes import Lane
from zettai.core.new_message import NewMessage
from zettai.core.states import State
from zettai.core.store import StateUpdate, WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys

CHUNK = 100
LEASE = timedelta(minutes=1)
DUE_IN = timedelta(hours=6)
SPREAD = timedelta(hours=6)
"""The checks fall due over so long, from `DUE_IN` on."""

SUBMITTING = frozenset({State.SUBMITTING})


def new_messages(count: int, body: str) -> Iterator[list[NewMessage]]:
    """So many messages, in chunks."""
    for start in range(0, count, CHUNK):
        yield [
            NewMessage.validated(
                to=f"0901234{number % 1000:04}", body=body, lane=Lane.BULK, expires_in=timedelta(hours=24)
            )
            for number in range(start, min(start + CHUNK, count))
        ]


def accept(store: WorkerStore, count: int, *, body: str, claim: bool = True) -> None:
    """Record messages, and settle them as accepted.

    Args:
        store: where.
        count: how many.
        body: their text.
        claim: them in between, as a worker does. Without it they are settled like what a comparison finds at the
            provider, and are in the same indexes.
    """
    for number, chunk in enumerate(new_messages(count, body)):
        store.create(chunk)
        tags = [one.client_tag for one in chunk]
        token = f"{number:016x}" if claim else None
        if token is not None:
            tags = store.take_turns(Lane.BULK, "benchmark", token, CHUNK)
            store.claim(tags, token, claim_timeout=LEASE, held_for=LEASE)
        store.apply_updates(
            [
                StateUpdate(
                    client_tag=tag,
                    expected_states=frozenset({State.SUBMITTING if claim else State.QUEUED}),
                    claim_id=token,
                    to=State.ACCEPTED,
                    reason="code 0",
                    due_in=DUE_IN + SPREAD * ((number * CHUNK + place) / count),
                )
                for place, tag in enumerate(tags)
            ]
        )


def accept_by_processes(redis_url: str, count: int, *, body: str, processes: int = 2) -> None:
    """Do the same by several processes and without claims."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        list(pool.map(_accept, [redis_url] * processes, [count // processes] * processes, [body] * processes))


def _accept(redis_url: str, count: int, body: str) -> None:
    with connect(redis_url) as redis:
        accept(WorkerStore(redis, Keys("zettai")), count, body=body, claim=False)
