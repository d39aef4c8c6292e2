"""The methods of `SmsClient` that cancel and replace messages."""

from datetime import datetime, timedelta

from zettai.core.errors import NotDurable
from zettai.core.message import CancelOutcome, GroupCancel
from zettai.core.replacement import Changes, Replacement, ReplaceOutcome
from zettai.core.store.connection import store_errors
from zettai.tags_and_groups import check_group, is_valid_tag
from zettai.writer import MessageWriter


class ChangeMethods:
    """Part of `SmsClient`."""

    _writer: MessageWriter
    _retry_for: timedelta

    def cancel(self, client_tag: str, *, owner: str | None = None, durable: bool | None = None) -> CancelOutcome:
        """Cancel a message.

        A message that was not sent yet is canceled at once. For a reservation at the provider, and for a message that
        is being submitted, the result is `pending`: call `cancel` or `get` later to see what happened.

        Args:
            client_tag: the message.
            owner: a message that belongs to another owner (see `Message.owner`) counts as not found. By default, the
                message may belong to any.
            durable: whether to return only after Redis has the cancel on disk. The default is `ZETTAI_DURABLE`.

        Raises:
            LedgerUnavailable: Redis did not answer. It is safe to call again.
            NotDurable: the cancel is recorded, but may not be on disk yet. It is safe to call again.
        """
        if not is_valid_tag(client_tag):
            return CancelOutcome.NOT_FOUND
        with store_errors(client_tag, self._retry_for):
            [outcome], is_on_disk = self._writer.cancel([client_tag], durable=durable, owner=owner)
        if outcome == "reserved":
            self._writer.publish_cancel(client_tag)
        if not is_on_disk and outcome != CancelOutcome.NOT_FOUND:
            raise NotDurable(client_tag, f"the cancel of client_tag {client_tag!r}")
        return CancelOutcome.PENDING if outcome == "reserved" else CancelOutcome(outcome)

    def replace(
        self,
        tag: str,
        *,
        send_at: datetime | None = None,
        body: str | None = None,
        client_tag: str | None = None,
        owner: str | None = None,
        durable: bool | None = None,
    ) -> Replacement:
        """Replace a message that is not sent yet by a successor with another time or text, or both.

        Exactly one of the two is sent. The successor inherits all else, and has a tag of its own. For a reservation at
        the provider, and for a message that is being submitted, the outcome is `pending`: the successor is recorded
        when the cancel is confirmed, or dropped if it comes too late. Call again with the same arguments to see what
        happened. While a replacement is pending, the newest request wins, and a `cancel` of the message drops it.

        Args:
            tag: the message to replace.
            send_at: as in `send`.
            body: as in `send`.
            client_tag: the successor's tag. By default a UUIDv7 is made.
            owner: as in `cancel`.
            durable: whether to return only after Redis has the change on disk. The default is `ZETTAI_DURABLE`.

        Raises:
            InvalidMessage: an argument is wrong. Nothing changed.
            TagConflict: `client_tag` is used by another message. Nothing changed.
            ReplacementPending: the message is itself a successor that is not recorded yet. Nothing changed.
            GuardError: a guard refused the successor. Nothing changed.
            LedgerUnavailable: Redis did not answer. It is safe to call again with the same `client_tag`.
            NotDurable: the change is recorded, but may not be on disk yet. It is safe to call again.
        """
        changes = Changes.validated(send_at=send_at, body=body, client_tag=client_tag)
        if not is_valid_tag(tag):
            return Replacement(ReplaceOutcome.NOT_FOUND)
        replacement, is_on_disk = self._writer.replace(tag, changes, durable=durable, owner=owner)
        if not is_on_disk and replacement.outcome is not ReplaceOutcome.NOT_FOUND:
            raise NotDurable(tag, f"the replacement of client_tag {tag!r}")
        return replacement

    def cancel_group(self, group: str, *, owner: str | None = None, durable: bool | None = None) -> GroupCancel:
        """Cancel all messages of a group.

        Messages that were not sent yet are canceled at once. For reservations at the provider, a task is published.

        Args:
            group: the group.
            owner: only the messages of this owner. By default, those of any.
            durable: whether to return only after Redis has the cancels on disk. The default is `ZETTAI_DURABLE`.

        Raises:
            InvalidMessage: the group is not valid. Nothing was canceled.
            LedgerUnavailable: Redis did not answer. It is safe to call again.
            NotDurable: the cancels are recorded, but may not be on disk yet. It is safe to call again.
        """
        check_group(group)
        counts, are_on_disk = self._writer.cancel_group(group, durable=durable, owner=owner)
        if not are_on_disk:
            raise NotDurable(None, f"the cancel of group {group!r}")
        return counts
