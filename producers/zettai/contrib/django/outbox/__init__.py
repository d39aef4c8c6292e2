"""An outbox for Django: a message is saved in the transaction that needs it, and sent after its commit.

`INSTALLED_APPS += ["zettai.contrib.django", "zettai.contrib.django.outbox"]`. See docs/how-to/outbox.md.

enqueue     saves a message in the present transaction
models      the table
delivery    sends rows, and deletes those that Redis has on disk
admin       the rows that wait, with masked numbers
management  `manage.py zettai_outbox`, the relay
"""

from typing import Any, Unpack

from django.db import transaction

from zettai.contrib.django.client import get_client
from zettai.core.options import MessageOptions


def enqueue(to: str, body: str, *, using: str | None = None, **options: Unpack[MessageOptions]) -> str:
    """Save an SMS in the present transaction. It is sent after the commit, and not after a rollback.

    It is sent at once when the transaction commits. If that fails, or the process dies, `manage.py zettai_outbox` sends
    it. The message counts as durable: see docs/how-to/durable.md.

    Args:
        to: as for `SmsClient.send`, like all arguments that are not described here.
        body: the text of the message.
        using: the alias of the database.
        options: the other arguments of `SmsClient.send` except `durable`. If you may repeat the whole transaction,
            generate the `client_tag` before it: a second row with the same tag is an `IntegrityError`. `expires_in`
            counts from `send_at`, or from this call, however late the message is sent.

    Returns:
        The client tag.

    Raises:
        InvalidMessage: an argument is invalid. Nothing was saved.
    """
    # Models can be imported only after the apps are loaded, and this package is an app.
    from zettai.contrib.django.outbox.delivery import deliver  # noqa: PLC0415
    from zettai.contrib.django.outbox.models import OutboxMessage  # noqa: PLC0415

    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    message = get_client().new_message(to=to, body=body, **given)
    row = OutboxMessage.of(message)
    row.save(using=using, force_insert=True)
    transaction.on_commit(lambda: deliver([row]), using=using, robust=True)
    return message.client_tag
