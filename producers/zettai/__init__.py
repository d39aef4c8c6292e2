"""Send SMS through 絶対リーチ! SMS (AOSSMS): the library for web apps.

`SmsClient` records messages in Redis and publishes tasks for the workers. The other names are its arguments,
results and errors.
"""

from zettai.client import SmsClient
from zettai.core.carriers import Carrier
from zettai.core.create_result import CreateResult
from zettai.core.errors import (
    DurabilityUnavailable,
    InvalidMessage,
    LedgerUnavailable,
    NotDurable,
    ReplacementPending,
    SettingsError,
    SuppressionKeyMismatch,
    TagConflict,
    ZettaiError,
)
from zettai.core.events import EventType, MessageEvent
from zettai.core.lanes import Lane
from zettai.core.message import CancelOutcome, Event, GroupCancel, Message
from zettai.core.new_message import NewMessage
from zettai.core.replacement import Replacement, ReplaceOutcome
from zettai.core.settings import Settings
from zettai.core.states import State
from zettai.core.text import TextCheck, check_text
from zettai.suppressions import Suppressions

__all__ = [
    "CancelOutcome",
    "Carrier",
    "CreateResult",
    "DurabilityUnavailable",
    "Event",
    "EventType",
    "GroupCancel",
    "InvalidMessage",
    "Lane",
    "LedgerUnavailable",
    "Message",
    "MessageEvent",
    "NewMessage",
    "NotDurable",
    "ReplaceOutcome",
    "Replacement",
    "ReplacementPending",
    "Settings",
    "SettingsError",
    "SmsClient",
    "State",
    "SuppressionKeyMismatch",
    "Suppressions",
    "TagConflict",
    "TextCheck",
    "ZettaiError",
    "check_text",
]
