"""What can go wrong for a caller of `producers`.

    ZettaiError
    ├── SettingsError          a setting is missing or wrong
    ├── InvalidMessage         the provider would refuse it, or never could send it in time
    ├── TagConflict            the client tag stands for another content already
    ├── ConfirmationError      a cancel of everything without its confirmation
    ├── LedgerUnavailable      Redis did not answer: whether the message was taken is not known
    ├── DurabilityUnavailable  this Redis can never tell that a record is on disk: nothing was recorded
    └── NotDurable             recorded, and will be sent; but whether the record is on disk is not known

No text here quotes a body, or a phone number in full.
"""


class ZettaiError(Exception):
    """The base of all errors of this library."""


class SettingsError(ZettaiError):
    """A setting is missing or wrong; the text is one line that names it."""


class InvalidMessage(ZettaiError, ValueError):  # noqa: N818 - reads as the fact that it states
    """The message was refused here, and nothing was recorded.

    Attributes:
        field: the argument of `send` that is wrong.
        reason: what is wrong with it, and what to do.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class TagConflict(ZettaiError):  # noqa: N818
    """The client tag was used before, for another number, body, time, carrier or group.

    Use a new tag, or give the same content to get that message back.

    Attributes:
        client_tag: the tag.
    """

    def __init__(self, client_tag: str) -> None:
        super().__init__(
            f"client_tag {client_tag!r} stands for another message already; "
            "use a new tag, or the same content to get that message back"
        )
        self.client_tag = client_tag


class ConfirmationError(ZettaiError):
    """All reservations of the account were to be cancelled, but the client id given does not confirm it."""


class LedgerUnavailable(ZettaiError):  # noqa: N818
    """Redis did not answer, so the message may or may not be recorded.

    Calling `send` again with the same `client_tag` is safe and sends once.

    Attributes:
        client_tag: the tag to use again, where the failed call was for one message.
    """

    def __init__(self, client_tag: str | None = None) -> None:
        again = f"; try again with client_tag={client_tag!r}, which sends once" if client_tag else ""
        super().__init__(f"the store in Redis did not answer{again}")
        self.client_tag = client_tag


class DurabilityUnavailable(ZettaiError):  # noqa: N818
    """A message was to be on disk before it counts as accepted, but this Redis cannot tell; nothing was recorded.

    Attributes:
        reason: what is missing, and what to do.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"Redis cannot confirm that a message is on disk: {reason}")
        self.reason = reason


class NotDurable(ZettaiError):  # noqa: N818
    """The message is recorded and will be sent, but Redis did not confirm in time that the record is on disk.

    Should Redis crash now, the message may be lost. Calling `send` again with the same `client_tag` and content is
    safe: it sends once, and waits for the disk again.

    Attributes:
        client_tag: of the message.
    """

    def __init__(self, client_tag: str) -> None:
        super().__init__(
            f"client_tag {client_tag!r} is recorded, but not known to be on disk yet; "
            "try again with the same tag and content, which sends once"
        )
        self.client_tag = client_tag
