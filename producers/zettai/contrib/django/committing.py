"""Sending with a transaction of the database: when it commits, and not at all when it is rolled back."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from zettai.contrib.django.client import get_client
from zettai.core.new_message import NewMessage

_ANY_TIME = timedelta(days=1)
"""Stands for the client's own default while a message is checked."""


def send_on_commit(
    to: str,
    body: str,
    *,
    client_tag: str | None = None,
    using: str | None = None,
    robust: bool = False,
    durable: bool | None = None,
    **options: Any,
) -> str:
    """Send an SMS once the present transaction has committed; outside a transaction, at once.

    It is checked here already, so that a wrong number can still roll the transaction back. If the process dies between
    the commit and the sending, the message is lost: where that matters, use the outbox of docs/how-to/outbox.md.

    Args:
        to: as for `SmsClient.send`, like all that is not told here.
        body: likewise.
        client_tag: made here unless given. Whoever repeats the whole transaction gives one made before it: then the
            message is sent once, however often the transaction commits.
        using: the database's alias.
        robust: log what goes wrong in sending and go on, as `transaction.on_commit` does; otherwise it is raised where
            the transaction ends, after its commit.
        durable: as for `SmsClient.send`.
        options: `send_at`, `expires_in`, `lane`, `group` and `carrier`.

    Returns:
        The client tag. After `LedgerUnavailable`, sending again with it and the same content is safe.

    Raises:
        InvalidMessage: naming the field and the reason; nothing will be sent.
    """
    given = {name: value for name, value in options.items() if value is not None}
    tag = NewMessage.validated(
        **{"expires_in": _ANY_TIME, **given, "to": to, "body": body, "client_tag": client_tag}
    ).client_tag

    def send() -> None:
        get_client().send(to, body, client_tag=tag, durable=durable, **options)

    transaction.on_commit(send, using=using, robust=robust)
    return tag
