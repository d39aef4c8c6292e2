"""Sends rows of the outbox, and deletes those that Redis has on disk.

Any number of processes may send the same row, and any of them may die: the client tag makes it one message.
"""

from collections.abc import Sequence

from zettai.contrib.django.client import get_client
from zettai.contrib.django.outbox.models import OutboxMessage
from zettai.core.errors import (
    InvalidMessage,
    LedgerUnavailable,
    NotAllowed,
    NotDurable,
    StoreFull,
    TagConflict,
    ZettaiError,
)
from zettai.core.loggers import get_logger

logger = get_logger("zettai.outbox")

BATCH = 500
"""Rows that are read and sent together."""

NEVER_SENT = (InvalidMessage, TagConflict, NotAllowed)
"""Errors that a message keeps however often it is sent."""

OUTAGES = (LedgerUnavailable, NotDurable, StoreFull)
"""Errors that pass by themselves. All others last until a setting or a limit changes."""


def relay(using: str | None = None) -> bool:
    """Send the rows that wait, the most urgent first. Return whether all of them are done.

    Args:
        using: the alias of the database.
    """
    table = OutboxMessage.objects.using(using).filter(problem="")
    keys = list(table.values_list("pk", flat=True))
    all_done = True
    for start in range(0, len(keys), BATCH):
        rows = list(table.filter(pk__in=keys[start : start + BATCH]))  # another process may have sent some
        waiting = deliver(rows)
        all_done = all_done and not waiting
        if rows and waiting == len(rows):
            return False  # most likely no other row can be sent either
    return all_done


def deliver(rows: Sequence[OutboxMessage]) -> int:
    """Send rows, all of one database. Delete those that are sent, and mark those that can never be sent.

    After any error of the database, and after a crash, it is safe to call it again.

    Returns:
        How many rows still wait. The log says why.
    """
    if not rows:
        return 0
    try:
        results = list(get_client().send_many([row.restored() for row in rows], durable=True))
    except ZettaiError as error:
        _log_waiting(error, len(rows))
        return len(rows)
    table = OutboxMessage.objects.using(rows[0]._state.db)  # noqa: SLF001 - Django documents it
    table.filter(pk__in=[row.pk for row, result in zip(rows, results, strict=True) if result.error is None]).delete()
    waiting = []
    for row, result in zip(rows, results, strict=True):
        if isinstance(result.error, NEVER_SENT):
            table.filter(pk=row.pk).update(problem=str(result.error))
            logger.error("outbox_message_never_sent", client_tag=row.client_tag, error=type(result.error).__name__)
        elif result.error is not None:
            waiting.append(result.error)
    if waiting:
        _log_waiting(waiting[0], len(waiting))
    return len(waiting)


def _log_waiting(error: ZettaiError, messages: int) -> None:
    name, reason = type(error).__name__, str(error)
    if isinstance(error, OUTAGES):
        logger.warning("outbox_waits", messages=messages, error=name, reason=reason)
    else:
        logger.error("outbox_blocked", messages=messages, error=name, reason=reason)
