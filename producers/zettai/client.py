"""`SmsClient`: what web apps use to send, cancel and follow messages.

It records messages in Redis, with tasks for the workers. It never calls the provider. This file sends;
`change_methods.py` cancels and replaces, `erasing.py` erases a person, `read_methods.py` returns messages and events,
and `async_methods.py` is for async apps.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from datetime import datetime, timedelta
from itertools import islice
from types import TracebackType
from typing import Any, NoReturn, Self, cast

from zettai.async_methods import AsyncMethods
from zettai.campaigns import Campaigns
from zettai.change_methods import ChangeMethods
from zettai.core.call_times import CallTimes
from zettai.core.create_result import CreateResult
from zettai.core.errors import InvalidMessage, SharedByAccounts
from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.lanes import Lane
from zettai.core.message import Message
from zettai.core.new_message import NewMessage
from zettai.core.options import CarrierName, LaneName
from zettai.core.settings import Settings
from zettai.core.store.account_stores import AccountStores
from zettai.core.store.connection import connect
from zettai.core.store.durability import Disk, check_at_start
from zettai.core.store.scripts import BATCH
from zettai.core.templates import items_of
from zettai.core.tracing import current_traceparent
from zettai.core.validation import iterate
from zettai.erasing import ErasingMethods
from zettai.read_methods import ReadMethods
from zettai.suppressions import Suppressions
from zettai.writer import MessageWriter, ProducerStore, TaskPublisher


class SmsClient(ChangeMethods, ErasingMethods, ReadMethods, AsyncMethods):
    """Sends, cancels and follows SMS messages.

    A client is safe to share between threads. Close it, or use it in a `with` block.

    Example:
        >>> client = SmsClient.from_env()  # doctest: +SKIP
        >>> client.send("09012345678", "Your code is 123456", lane="urgent").state  # doctest: +SKIP
        <State.QUEUED: 'queued'>
    """

    def __init__(
        self, settings: Settings, *, store: ProducerStore | None = None, publisher: TaskPublisher | None = None
    ) -> None:
        """Build a client. It connects to Redis at the first call.

        With `ZETTAI_DURABLE` it connects at once, to check that Redis can confirm writes to disk. If Redis does not
        answer then, it is checked at the first call.

        Args:
            settings: the address of Redis, and the defaults for messages.
            store: replaces the store in Redis, for tests.
            publisher: replaces the Celery publisher, for tests.

        Raises:
            DurabilityUnavailable: `ZETTAI_DURABLE` is set, but this Redis cannot confirm writes to disk.
        """
        # Celery and kombu take as long to import as the rest of this library, so `import zettai` leaves them out.
        from zettai.core.publisher import Publisher  # noqa: PLC0415
        from zettai.core.send_tasks import SendTasks  # noqa: PLC0415

        if settings.durable and store is None:
            check_at_start(settings)
        self._settings = settings
        self.accounts: Collection[str | None] = settings.account_names
        """The accounts that it uses; None is the default account."""
        times = CallTimes.of(settings.client_timeout)
        self._retry_for = times.retry_for
        # In tests, `zettai.testing.sms_outbox` replaces the attributes. What is built here must use the own store.
        own_store: ProducerStore = store or AccountStores.of(
            settings, connect(settings.redis_url, timeout=times.answer), SendTasks(settings).of
        )
        self._store = own_store
        self.suppressions = Suppressions(own_store.suppressions, times.retry_for)
        """The numbers to which no messages are sent."""
        self._writer = MessageWriter(
            own_store,
            publisher or Publisher(settings, timeout=times.publish),
            Disk(settings.redis_url, settings.durable_replicas, timeout=times.answer, wait=times.disk),
            durable=settings.durable,
            retry_for=times.retry_for,
        )

        self.campaigns = Campaigns(
            own_store.campaigns,
            lambda group: own_store.find(group=group),
            self._writer.hold_reservations,
            times.retry_for,
        )
        """Pauses, paces and shows the messages of a group."""

    @classmethod
    def from_env(cls) -> Self:
        """Build a client from the `ZETTAI_` environment variables.

        Raises:
            SettingsError: a variable is missing or wrong. The error names it.
        """
        return cls(Settings.load())

    def for_accounts(self, accounts: Collection[str | None]) -> Self:
        """Return a client that uses only these accounts: messages of others do not exist for it.

        It shares the connections of this client. Unknown accounts are left out. Without some of the accounts, its
        `campaigns` and `suppressions` raise `SharedByAccounts`: a group may have messages of several accounts, and the
        suppression list is one for all.

        Raises:
            InvalidMessage: the accounts are not iterable, or a text.
        """
        client, chosen = copy(self), list(iterate(accounts, "accounts"))
        client.accounts = [account for account in self.accounts if account in chosen]
        client._store = self._store.only(client.accounts)  # noqa: SLF001 - its own class
        client._writer = self._writer.with_store(client._store)  # noqa: SLF001
        if len(client.accounts) < len(self.accounts):
            client.campaigns = cast("Campaigns", _Shared("campaigns"))
            client.suppressions = cast("Suppressions", _Shared("suppressions"))
        return client

    def send(
        self,
        to: str,
        body: str,
        *,
        client_tag: str | None = None,
        send_at: datetime | None = None,
        expires_in: timedelta | None = None,
        lane: LaneName = Lane.NORMAL,
        group: str | None = None,
        carrier: CarrierName | None = None,
        sender: str | None = None,
        account: str | None = None,
        metadata: Mapping[str, str] | None = None,
        category: str | None = None,
        created_by: str | None = None,
        durable: bool | None = None,
    ) -> Message:
        """Record a message. The workers send it once.

        If the number is suppressed, the message is recorded and returned as `canceled`: see `Message.is_suppressed`.

        Args:
            to: a Japanese mobile number, such as 09012345678 or +819012345678, also in full width or with hyphens.
            body: the text, 1 to 660 characters. Wide and narrow characters count the same.
            client_tag: identifies the message permanently: 1 to 200 printable characters. A second call with the same
                tag and content returns the existing message and sends nothing. When the message is in a final state,
                its text is deleted and not compared any more. By default a UUIDv7 is made.
            send_at: when to send the message; an aware datetime in the future. It is rounded up to the minute. By
                default the message is sent at once.
            expires_in: how long the message may wait, counted from `send_at` or from now. It is not sent later. The
                default is `ZETTAI_EXPIRES_IN`, or `ZETTAI_EXPIRES_IN_URGENT` in the urgent lane.
            lane: `urgent` for one-time passwords, `normal`, or `bulk` for campaigns.
            group: a name for messages that you want to list or cancel together, 1 to 200 printable characters.
            carrier: `au`, `docomo`, `softbank` or `rakuten`, if you know it.
            sender: the sender code, one of `ZETTAI_SENDERS`. The default is the `ZETTAI_SMS_CODE` of the workers.
            account: the account that sends the message, one of `ZETTAI_ACCOUNTS_FILE`, or `default`. By default it is
                the one that the sender code belongs to.
            metadata: up to 10 pairs of texts that you get back with the message. Keys have 1 to 40 printable
                characters, values up to 200. The provider does not get them.
            category: what the message is about, such as `transactional`: 1 to 40 letters, digits, - and _. A message
                without a category is not sent if its number is suppressed in any scope; one with a category only if
                that is the scope `all` or the one of this name. A repeated call with another category changes nothing.
            created_by: who makes the message, for lists and events: 1 to 40 letters, digits and _.- . The gateway gives
                the name of the API key. The tag then belongs to this name.
            durable: whether to return only after Redis has the message on disk. The default is `ZETTAI_DURABLE`.

        Raises:
            InvalidMessage: an argument is wrong. The error names it and the reason. Nothing was recorded.
            SuppressionKeyMismatch: the suppression list belongs to another key. Nothing was recorded.
            TagConflict: the tag is used by a message with other content or of another owner. Nothing was recorded.
            GuardError: a guard refused the message: `RateExceeded`, `BudgetExceeded`, `NotAllowed` or `StoreFull`.
                Nothing was recorded. A message that exists already is returned, and neither counted nor refused.
            LedgerUnavailable: Redis did not answer. It is safe to call again with the same tag.
            NotDurable: the message is recorded, but may not be on disk yet. It is safe to call again with the same tag.
            DurabilityUnavailable: this Redis cannot confirm writes to disk. Nothing was recorded.
        """
        message = self.new_message(
            to=to,
            body=body,
            client_tag=client_tag,
            send_at=send_at,
            expires_in=expires_in,
            lane=lane,
            group=group,
            carrier=carrier,
            sender=sender,
            account=account,
            metadata=metadata,
            category=category,
            created_by=created_by,
        )
        return self.record(message, durable=durable)

    def new_message(
        self, *, lane: Lane | str = Lane.NORMAL, expires_in: timedelta | None = None, **fields: Any
    ) -> NewMessage:
        """Validate a message without recording it. Its fields are the arguments of `send` except `durable`.

        Raises:
            InvalidMessage: an argument is wrong. The error names it and the reason.
        """
        if expires_in is None:
            expires_in = self._settings.expires_in_urgent if lane == Lane.URGENT else self._settings.expires_in
        if (traceparent := current_traceparent()) is not None:
            fields.setdefault("traceparent", traceparent)
        message = NewMessage.validated(lane=lane, expires_in=expires_in, **fields)
        account = self._settings.account_for(message.account, message.sender, self.accounts)
        return message if account == message.account else message.model_copy(update={"account": account})

    def problems(self, *, expires_in: timedelta | None = None, **fields: Any) -> Sequence[InvalidMessage]:
        """Return everything for which `new_message` refuses a message. Empty if it is valid.

        Its arguments are those of `new_message`.
        """
        given = {**fields, "expires_in": self._settings.expires_in if expires_in is None else expires_in}
        found = list(NewMessage.problems(given))
        try:
            if not {"account", "sender"} & {problem.field for problem in found}:
                self._settings.account_for(fields.get("account"), fields.get("sender"), self.accounts)
        except InvalidMessage as error:
            found.append(error)
        return found

    def record(self, message: NewMessage, *, durable: bool | None = None) -> Message:
        """Record a validated message. It returns and raises what `send` does."""
        [result] = self._writer.create([message], client_tag=message.client_tag, durable=durable)
        return result.message_or_raise()

    def send_many(
        self,
        items: Iterable[Mapping[str, Any] | NewMessage] | None = None,
        *,
        template: str | None = None,
        rows: Iterable[Mapping[str, Any]] | None = None,
        durable: bool | None = None,
    ) -> Iterator[CreateResult]:
        """Record many messages, and yield a result for each, in order.

        The iterator is lazy: read it to the end to record all messages. Items are read in batches of 500, so memory use
        does not grow with their number. An item that is invalid, or that a guard refuses, does not stop the others.

        Args:
            items: for each message a mapping with the arguments of `send` except `durable`, whose default lane is
                `bulk`; or what `new_message` returned.
            template: a text with fields, such as `{{name}} 様`. It makes the text of each of the rows.
            rows: in place of items, with a template: for each message a mapping with the fields of the template and the
                arguments of `send`. If a field is missing or empty, the result is an `InvalidMessage` that names it.
            durable: whether to yield results only after Redis has the batch on disk. If that is not confirmed, each
                result of the batch has its message and a `NotDurable` error. The default is `ZETTAI_DURABLE`.

        Raises:
            InvalidMessage: the template is not valid or goes without rows, or the items or rows are not iterable.
                Nothing was recorded.
            LedgerUnavailable: Redis did not answer. It is safe to pass items that have a `client_tag` again.
            SuppressionKeyMismatch: the suppression list belongs to another key. Nothing of this batch was recorded.
            DurabilityUnavailable: this Redis cannot confirm writes to disk. Nothing of this batch was recorded.
        """
        numbered = enumerate(items_of(items, template, rows))
        while batch := list(islice(numbered, BATCH)):
            checked = [(position, self._check_item(item)) for position, item in batch]
            messages = [one for _, one in checked if isinstance(one, NewMessage)]
            results = iter(self._writer.create(messages, durable=durable))
            for position, one in checked:
                result = next(results) if isinstance(one, NewMessage) else CreateResult(error=one)
                yield result.at(position)

    def close(self) -> None:
        """Close all connections."""
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check_item(self, item: Mapping[str, Any] | NewMessage | InvalidMessage) -> NewMessage | InvalidMessage:
        if isinstance(item, (NewMessage, InvalidMessage)):
            return item
        try:
            return self.new_message(**{"lane": Lane.BULK, **item})
        except InvalidMessage as error:
            return error
        except TypeError:
            return InvalidMessage("message", InvalidValue(InvalidReason.NOT_A_MAPPING))


class _Shared:
    """What a client of some accounts has in place of an object that concerns all accounts."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> NoReturn:
        raise SharedByAccounts(self._name)
