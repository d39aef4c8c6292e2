"""Send a message when a database transaction commits. After a rollback, nothing is sent."""

from typing import Any, Unpack

from django.db import transaction

from zettai.contrib.django.client import get_client
from zettai.core.options import MessageOptions


def send_on_commit(
    to: str,
    body: str,
    *,
    using: str | None = None,
    robust: bool = False,
    durable: bool | None = None,
    **options: Unpack[MessageOptions],
) -> str:
    """Send an SMS when the current transaction commits. Outside a transaction, send it immediately.

    The message is validated immediately, so an invalid number can still roll back the transaction. If the process dies
    between the commit and the sending, the message is lost. If that matters, use the app
    `zettai.contrib.django.outbox`: see docs/how-to/outbox.md.

    Args:
        to: as for `SmsClient.send`, like all arguments that are not described here.
        body: the text of the message.
        using: the alias of the database.
        robust: log errors of the sending and continue, as `transaction.on_commit` does. By default, they are raised
            where the transaction ends, after its commit.
        durable: as for `SmsClient.send`.
        options: the other arguments of `SmsClient.send`. If you may repeat the whole transaction, generate the
            `client_tag` before it: then the message is sent once, however often the transaction commits.

    Returns:
        The client tag. After `LedgerUnavailable`, it is safe to send the same content again with this tag.

    Raises:
        InvalidMessage: an argument is invalid. Nothing will be sent.
    """
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    message = get_client().new_message(to=to, body=body, **given)
    transaction.on_commit(lambda: get_client().record(message, durable=durable), using=using, robust=robust)
    return message.client_tag
