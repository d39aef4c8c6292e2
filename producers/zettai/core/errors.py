"""The errors that callers of this library see.

    ZettaiError
    ├── SettingsError          a setting is missing or wrong
    │   └── IncompatibleStore  another version has written the store: the process did not start
    ├── InvalidMessage         an argument of send is wrong: nothing was recorded
    ├── TagConflict            the client tag is used for another message: nothing was recorded
    ├── ReplacementPending     the message to replace is a successor that is not recorded yet: nothing changed
    ├── UrgentCampaign         the group has urgent messages, which are not controlled: nothing changed
    ├── SharedByAccounts       this client uses some accounts only, and the call concerns all: nothing changed
    ├── LedgerUnavailable      Redis did not answer: the message may or may not be recorded
    ├── SuppressionKeyMismatch the suppression list belongs to another key: nothing was recorded
    ├── EncryptionKeyMissing   the message is sealed with a key that this process does not have: nothing changed
    ├── GuardError             a guard refused the message: nothing was recorded
    │   ├── RateExceeded       too many messages to one number, or from one producer
    │   ├── BudgetExceeded     a budget of billed parts is used up
    │   ├── NotAllowed         the number is not one of ZETTAI_ONLY_TO
    │   └── StoreFull          Redis is nearly full
    ├── DurabilityUnavailable  this Redis cannot confirm writes to disk: nothing was recorded
    └── NotDurable             the message or its cancel is recorded, but may not be on disk yet

No error text contains the text of a message or a complete phone number.
"""

from datetime import timedelta

from zettai.core.invalid_reasons import InvalidReason, InvalidValue


class ZettaiError(Exception):
    """The base class of all errors of this library."""


class SettingsError(ZettaiError):
    """A setting is missing or wrong. The error text is one line that names it.

    Attributes:
        problems: what is wrong, one text for each setting.
    """

    def __init__(self, *problems: str) -> None:
        """Join the problems to one line."""
        self.problems = problems
        super().__init__("; ".join(problems))


class IncompatibleStore(SettingsError):  # noqa: N818
    """The layout of the store is that of another version. The process did not start, and nothing changed.

    Attributes:
        layout: that of the store.
        known: that of this version.
    """

    def __init__(self, layout: int, known: int) -> None:
        """Say what to do: an older store can be upgraded."""
        self.layout = layout
        self.known = known
        older = f"stop all processes of the version that wrote it, then run zettai upgrade (to layout {known})"
        newer = f"this version knows layout {known}; install the version that wrote it"
        super().__init__(f"the store has layout {layout}: {older if layout < known else newer}")


class InvalidMessage(ZettaiError, ValueError):  # noqa: N818 - reads as the fact that it states
    """An argument of `send` is wrong. Nothing was recorded.

    Attributes:
        field: the name of the argument.
        reason: what is wrong with it, in English.
        code: the stable name of the reason, for programs.
        message_ja: a sentence in Japanese, to show in a form.
    """

    def __init__(self, field: str, problem: InvalidValue | str) -> None:
        """Describe a field and its problem. A text without a reason gets the code `invalid`."""
        if isinstance(problem, str):
            problem = InvalidValue(InvalidReason.INVALID, problem=problem)
        self.field = field
        self.reason = str(problem)
        self.code = problem.reason.code
        self.message_ja = problem.in_japanese(field)
        super().__init__(f"{field}: {self.reason}")


class TagConflict(ZettaiError):  # noqa: N818
    """The client tag is used by another owner, or for another number, text, time, carrier, group or sender.

    Nothing was recorded. The body of a message in a final state is not compared: it is deleted.

    Use a new tag, or repeat the same content to get the existing message.

    Attributes:
        client_tag: the tag.
    """

    def __init__(self, client_tag: str) -> None:
        super().__init__(
            f"client_tag {client_tag!r} is already used for another message; "
            "use a new tag, or repeat the same content to get the existing message"
        )
        self.client_tag = client_tag


class ReplacementPending(ZettaiError):  # noqa: N818
    """The message to replace is itself a successor, which waits for the cancel of the message that it replaces.

    Nothing changed. Replace the first message again: the newest request wins.

    Attributes:
        client_tag: the tag of the successor.
        replaces: the tag of the message that it replaces.
    """

    def __init__(self, client_tag: str, replaces: str) -> None:
        super().__init__(
            f"client_tag {client_tag!r} waits for the cancel of {replaces!r}; replace {replaces!r} again instead"
        )
        self.client_tag = client_tag
        self.replaces = replaces


class UrgentCampaign(ZettaiError):  # noqa: N818
    """The group has messages in the urgent lane, which wait for nothing. Nothing changed.

    Give one-time passwords another group than campaigns, or none.

    Attributes:
        group: the group.
    """

    def __init__(self, group: str) -> None:
        super().__init__(
            f"the group {group!r} has messages in the urgent lane, which cannot be paused, paced or kept to a window; "
            "give urgent messages another group, or none"
        )
        self.group = group


class SharedByAccounts(ZettaiError):  # noqa: N818
    """The client uses some accounts only (`for_accounts`), and the call concerns all of them. Nothing changed.

    Call it on the client of all accounts.

    Attributes:
        attribute: `campaigns` or `suppressions`.
    """

    def __init__(self, attribute: str) -> None:
        super().__init__(f"{attribute} are shared by all accounts; use the client from which for_accounts was called")
        self.attribute = attribute


class LedgerUnavailable(ZettaiError):  # noqa: N818
    """Redis did not answer, so the message may or may not be recorded.

    It is safe to call `send` again with the same `client_tag`: the message is sent once.

    Attributes:
        client_tag: the tag to use again. None if the call was not for one message.
    """

    def __init__(self, client_tag: str | None = None, *, reason: str | None = None) -> None:
        why = f" ({reason})" if reason else ""
        again = f"; call again with client_tag={client_tag!r}, the message is sent once" if client_tag else ""
        super().__init__(f"the store in Redis did not answer{why}{again}")
        self.client_tag = client_tag


class SuppressionKeyMismatch(ZettaiError):  # noqa: N818
    """This process has no `ZETTAI_SUPPRESSION_KEY`, or another one than the suppression list. Nothing was recorded.

    Its hashes of numbers would match none of the list, so it could send to numbers that are suppressed.

    Attributes:
        expected: the fingerprint of the key that the list belongs to.
        found: the fingerprint of the key of this process; None if it has none.
    """

    def __init__(self, expected: str, found: str | None) -> None:
        has = "is not set" if found is None else f"has the fingerprint {found}"
        super().__init__(
            f"ZETTAI_SUPPRESSION_KEY {has}, but the suppression list belongs to the key {expected}; "
            "give each producer the same key"
        )
        self.expected = expected
        self.found = found


class EncryptionKeyMissing(ZettaiError):  # noqa: N818
    """The number and the text are sealed with a key that this process does not have. Nothing was changed.

    Attributes:
        client_tag: the tag of the message.
    """

    def __init__(self, client_tag: str) -> None:
        super().__init__(
            f"client_tag {client_tag!r} is sealed with a key that is not among ZETTAI_ENCRYPTION_KEYS here; "
            "give this process the keys of the producers"
        )
        self.client_tag = client_tag


class GuardError(ZettaiError):
    """A guard refused the message. Nothing was recorded. The subclasses say which guard.

    Attributes:
        client_tag: the tag of the message.
        problem: which guard, in words.
        retry_after: when the guard may accept it; None if that is not known.
        message_ja: a sentence in Japanese, to show to a user.
    """

    message_ja = "現在、このメッセージは送信できません。"

    def __init__(self, client_tag: str, problem: str, retry_after: timedelta | None = None) -> None:
        again = "" if retry_after is None else f"; try again in {_in_words(retry_after)}"
        super().__init__(f"client_tag {client_tag!r}: {problem}{again}")
        self.client_tag = client_tag
        self.problem = problem
        self.retry_after = retry_after


class RateExceeded(GuardError):  # noqa: N818
    """Too many messages: to one number, with one text to one number, or from one producer. Nothing was recorded.

    Attributes:
        client_tag: the tag of the message.
        retry_after: when a message is accepted again; None if an operator must resume the producer.
        guard: `number`, `same_text` or `loop`.
        message_ja: a sentence in Japanese, to show to a user.
    """

    message_ja = "送信回数の上限に達しました。しばらくしてから、もう一度お試しください。"

    def __init__(self, client_tag: str, guard: str, problem: str, retry_after: timedelta | None = None) -> None:
        super().__init__(client_tag, problem, retry_after)
        self.guard = guard


class BudgetExceeded(GuardError):  # noqa: N818
    """A budget of billed parts is used up. Nothing was recorded.

    Attributes:
        client_tag: the tag of the message.
        retry_after: when the next day or month begins.
        budget: which one, in words.
        message_ja: a sentence in Japanese, to show to a user.
    """

    message_ja = "送信数の上限に達したため、現在は送信できません。"

    def __init__(self, client_tag: str, budget: str, retry_after: timedelta | None = None) -> None:
        super().__init__(client_tag, f"the budget of {budget} is used up", retry_after)
        self.budget = budget


class NotAllowed(GuardError):  # noqa: N818
    """The number is not one of `ZETTAI_ONLY_TO`. Nothing was recorded.

    Attributes:
        client_tag: the tag of the message.
        message_ja: a sentence in Japanese, to show to a user.
    """

    message_ja = "この環境では、登録された番号にのみ送信できます。"

    def __init__(self, client_tag: str) -> None:
        super().__init__(client_tag, "its number is not one of ZETTAI_ONLY_TO, so this installation must not send it")


class StoreFull(GuardError):  # noqa: N818
    """Redis is nearly full, so that no message is accepted until workers have made room. Nothing was recorded.

    It is safe to call `send` again with the same `client_tag`: the message is sent once.

    Attributes:
        client_tag: the tag of the message.
        retry_after: when it is worth to try again.
        message_ja: a sentence in Japanese, to show to a user.
    """

    message_ja = "ただいま混み合っています。しばらくしてから、もう一度お試しください。"

    def __init__(self, client_tag: str) -> None:
        super().__init__(client_tag, "Redis is nearly full", timedelta(seconds=10))


def _in_words(duration: timedelta) -> str:
    """Return a duration in whole seconds, minutes or hours, rounded up."""
    for unit, name in ((3600, "h"), (60, "min"), (1, "s")):
        if duration.total_seconds() >= 2 * unit or unit == 1:
            return f"{-(-duration // timedelta(seconds=unit))} {name}"
    return ""


class DurabilityUnavailable(ZettaiError):  # noqa: N818
    """A durable message was requested, but this Redis cannot confirm writes to disk. Nothing was recorded.

    Attributes:
        reason: what is missing, and what to do.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"Redis cannot confirm that a message is on disk: {reason}")
        self.reason = reason


class NotDurable(ZettaiError):  # noqa: N818
    """The message or its cancel is recorded, but Redis did not confirm in time that it is on disk.

    If Redis crashes now, it may be lost. It is safe to make the same call again: it waits for the disk again, and the
    message is sent once.

    Attributes:
        client_tag: the tag of the message; None after the cancel of a group.
    """

    def __init__(self, client_tag: str | None, recorded: str | None = None) -> None:
        """Describe what is recorded; by default the message with this tag."""
        super().__init__(
            f"{recorded or f'client_tag {client_tag!r}'} is recorded, but may not be on disk yet; "
            "make the same call again to wait for the disk, the message is sent once"
        )
        self.client_tag = client_tag
