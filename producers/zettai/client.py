"""The client that web apps use: it checks, records and wakes the workers. It never speaks to the provider."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from types import TracebackType
from typing import Any, Self

from zettai.core.errors import ConfirmationError, InvalidMessage, NotDurable, TagConflict, ZettaiError
from zettai.core.lanes import Lane
from zettai.core.message import CancelOutcome, GroupCancel, Message, Receipt
from zettai.core.settings import Settings
from zettai.core.states import State
from zettai.core.store import MessageStore
from zettai.core.store.connection import connect, store_errors
from zettai.core.store.durability import Disk, Durability, check_at_start
from zettai.core.store.keys import Keys
from zettai.core.store.store import BATCH
from zettai.core.tasks import Publisher, TaskName
from zettai.core.validation import TAG_LENGTH, Carrier, Draft, checked_tag, draft
from zettai.writer import Messages, Recorder, Waker


class SmsClient:
    """Sends, cancels and follows SMS. Safe to share between threads; close it or use it in a `with` block.

    Example:
        >>> client = SmsClient.from_env()  # doctest: +SKIP
        >>> client.send("09012345678", "Your code is 123456", lane="urgent").state  # doctest: +SKIP
        <State.QUEUED: 'queued'>
    """

    def __init__(self, settings: Settings, *, store: Messages | None = None, publisher: Waker | None = None) -> None:
        """Build a client; nothing is connected before the first call.

        With `ZETTAI_DURABLE` Redis is asked once whether it can do that; if it is away, then at the first call.

        Args:
            settings: where Redis is, and the defaults for messages.
            store: another store, as `zettai.testing` brings one.
            publisher: another way to wake workers, likewise.

        Raises:
            DurabilityUnavailable: all messages shall be durable, but this Redis cannot tell.
        """
        if settings.durable and store is None:
            check_at_start(settings)
        self._settings = settings
        self._store: Messages = store or MessageStore(connect(settings.redis_url), Keys(settings.key_prefix))
        self._recorder = Recorder(
            self._store,
            publisher or Publisher(settings),
            Disk(settings.redis_url, Durability.of(settings)),
            durable=settings.durable,
        )

    @classmethod
    def from_env(cls) -> Self:
        """Build a client from the `ZETTAI_` environment variables.

        Raises:
            SettingsError: one line that names what is wrong.
        """
        return cls(Settings.load())

    def send(
        self,
        to: str,
        body: str,
        *,
        client_tag: str | None = None,
        send_at: datetime | None = None,
        expires_in: timedelta | None = None,
        lane: Lane | str = Lane.NORMAL,
        group: str | None = None,
        carrier: Carrier | str | None = None,
        durable: bool | None = None,
    ) -> Message:
        """Record a message to be sent once. What the provider would refuse is refused here.

        Args:
            to: a Japanese mobile number, as 09012345678 or +819012345678.
            body: 1 to 660 characters, wide and narrow alike.
            client_tag: the message's identity for ever, 1 to 200 printable characters. Calling again with the same tag
                and content returns the message that exists. Without one, a UUIDv7 is made.
            send_at: aware and in the future; rounded up to the minute, in which the provider counts.
            expires_in: after this (counted from `send_at`, where given) it is not sent any more. The default is
                `ZETTAI_EXPIRES_IN`, or `ZETTAI_EXPIRES_IN_URGENT` in the urgent lane.
            lane: `urgent` for one-time passwords, `normal`, or `bulk` for campaigns.
            group: for finding and cancelling messages together, 1 to 200 printable characters.
            carrier: `au`, `docomo`, `softbank` or `rakuten`, where you know it.
            durable: return only when Redis has the message on disk; `ZETTAI_DURABLE` unless given.

        Raises:
            InvalidMessage: naming the field and the reason; nothing was recorded.
            TagConflict: the tag stands for another content already.
            LedgerUnavailable: Redis did not answer; calling again with the same tag is safe.
            NotDurable: recorded, but not known to be on disk; calling again with the same tag is safe.
            DurabilityUnavailable: this Redis cannot tell what is on its disk; nothing was recorded.
        """
        checked = self._draft(
            {
                "to": to,
                "body": body,
                "client_tag": client_tag,
                "send_at": send_at,
                "expires_in": expires_in,
                "lane": lane,
                "group": group,
                "carrier": carrier,
            }
        )
        [answer], safe = self._recorder.record([checked], client_tag=checked.client_tag, durable=durable)
        if isinstance(answer.message, TagConflict):
            raise answer.message
        if not safe:
            raise NotDurable(checked.client_tag)
        return answer.message

    def send_many(self, items: Iterable[Mapping[str, Any]], *, durable: bool | None = None) -> Iterator[Receipt]:
        """Record many messages, with a receipt for each, in order. Lazy: exhaust it to send all.

        Memory stays flat: items are taken as receipts are. One bad item never sinks the rest.

        Args:
            items: mappings with the keywords of `send`, but `durable`; `lane` is `bulk` where not given.
            durable: give receipts only when Redis has their messages on disk, as far as one wait for a batch of 500
                can tell; the others have the message and `NotDurable` too. `ZETTAI_DURABLE` unless given.

        Raises:
            LedgerUnavailable: Redis did not answer. Items that bring a `client_tag` can be given again.
            DurabilityUnavailable: this Redis cannot tell what is on its disk; of this batch nothing was recorded.
        """
        numbered = enumerate(items)
        while batch := list(islice(numbered, BATCH)):
            checked: dict[int, Draft | ZettaiError] = {position: self._try(item) for position, item in batch}
            drafts = [one for one in checked.values() if isinstance(one, Draft)]
            recorded_ones, safe = self._recorder.record(drafts, durable=durable)
            answers = iter(recorded_ones)
            for position, one in checked.items():
                answer, repeated = (one, False) if isinstance(one, ZettaiError) else next(answers)
                if isinstance(answer, Message):
                    yield Receipt(position, answer, None if safe else NotDurable(answer.client_tag), repeated)
                else:
                    yield Receipt(position, error=answer)

    def cancel(self, client_tag: str) -> CancelOutcome:
        """Cancel a message, or wish it canceled as soon as the provider's answer is known.

        What is not sent yet is canceled at once. A reservation at the provider, or a message that is being submitted,
        is `pending`: call again (or `get`) to learn its end.
        """
        if not _may_exist(client_tag):
            return CancelOutcome.NOT_FOUND
        with store_errors(client_tag):
            [outcome] = self._store.cancel([client_tag])
        if outcome == "reserved":
            self._recorder.wake(TaskName.CANCEL, Lane.URGENT, [client_tag])
            return CancelOutcome.PENDING
        return CancelOutcome(outcome)

    def cancel_group(self, group: str) -> GroupCancel:
        """Cancel all messages of a group: those not sent yet at once, reservations by one call to the provider.

        Raises:
            InvalidMessage: that is no group; nothing was cancelled.
        """
        _check_group(group)
        with store_errors():
            counts, reserved = self._recorder.cancel_each(self._store.tags(group=group))
        if reserved:
            self._recorder.wake(TaskName.CANCEL_GROUP, Lane.URGENT, group)
        return counts

    def cancel_all_reservations(self, *, confirm_client_id: str) -> GroupCancel:
        """Cancel every reservation of the account at the provider, those made by others too.

        Args:
            confirm_client_id: the account's client id, which must be in the settings (`ZETTAI_CLIENT_ID`) as well.

        Raises:
            ConfirmationError: the two differ; nothing was done.
        """
        if not confirm_client_id or confirm_client_id != self._settings.client_id:
            raise ConfirmationError(
                "confirm_client_id is not the client id in ZETTAI_CLIENT_ID; no reservation was cancelled"
            )
        with store_errors():
            counts, _ = self._recorder.cancel_each(self._store.tags(state=State.SCHEDULED))
        self._recorder.wake(TaskName.CANCEL_ALL, Lane.URGENT, confirm_client_id)
        return counts

    def get(self, client_tag: str) -> Message | None:
        """The message and its whole history, or None where the store knows no such tag."""
        if not _may_exist(client_tag):
            return None
        with store_errors():
            return self._store.get([client_tag])[0]

    def list(self, *, state: State | str | None = None, group: str | None = None) -> Iterator[Message]:
        """The messages of a state, of a group, or of both; lazily, newest first within a state.

        Raises:
            InvalidMessage: that is no state, or no group.
        """
        if group is not None:
            _check_group(group)
        if state is not None and state not in list(State):
            raise InvalidMessage("state", f"must be one of {', '.join(State)}")
        with store_errors():
            yield from self._store.find(state=State(state) if state is not None else None, group=group)

    async def asend(self, to: str, body: str, **options: Any) -> Message:
        """`send` for async apps: it runs in a thread, and the loop goes on."""
        return await asyncio.to_thread(self.send, to, body, **options)

    async def acancel(self, client_tag: str) -> CancelOutcome:
        """`cancel` for async apps."""
        return await asyncio.to_thread(self.cancel, client_tag)

    async def aget(self, client_tag: str) -> Message | None:
        """`get` for async apps."""
        return await asyncio.to_thread(self.get, client_tag)

    def close(self) -> None:
        """Close all connections."""
        self._recorder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _draft(self, keywords: Mapping[str, Any]) -> Draft:
        if keywords.get("expires_in") is not None:
            return draft(keywords)
        urgent = keywords.get("lane") == Lane.URGENT
        expires_in = self._settings.expires_in_urgent if urgent else self._settings.expires_in
        return draft({**keywords, "expires_in": expires_in})

    def _try(self, item: Mapping[str, Any]) -> Draft | InvalidMessage:
        try:
            return self._draft({"lane": Lane.BULK, **item})
        except InvalidMessage as error:
            return error
        except TypeError:
            return InvalidMessage("message", "is no mapping with the keywords of send")


def _may_exist(tag: object) -> bool:
    """Whether a tag could have been recorded; one that could not is like one that was not."""
    try:
        return isinstance(tag, str) and bool(checked_tag(tag))
    except ValueError:
        return False


def _check_group(group: object) -> None:
    """See that a filter is one: None would stand for all messages."""
    if not _may_exist(group):
        raise InvalidMessage("group", f"must be 1 to {TAG_LENGTH} printable characters, without blanks around them")
