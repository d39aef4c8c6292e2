"""Send SMS through 絶対リーチ! SMS (AOSSMS): the library for web apps.

`SmsClient` records a message in the store and wakes the workers; everything else here is what it takes and gives.
"""

from zettai.client import SmsClient
from zettai.core.errors import (
    ConfirmationError,
    DurabilityUnavailable,
    InvalidMessage,
    LedgerUnavailable,
    NotDurable,
    SettingsError,
    TagConflict,
    ZettaiError,
)
from zettai.core.lanes import Lane
from zettai.core.message import CancelOutcome, Event, GroupCancel, Message, Receipt
from zettai.core.settings import Settings
from zettai.core.states import State
from zettai.core.text import TextCheck, check_text
from zettai.core.validation import Carrier

__all__ = [
    "CancelOutcome",
    "Carrier",
    "ConfirmationError",
    "DurabilityUnavailable",
    "Event",
    "GroupCancel",
    "InvalidMessage",
    "Lane",
    "LedgerUnavailable",
    "Message",
    "NotDurable",
    "Receipt",
    "Settings",
    "SettingsError",
    "SmsClient",
    "State",
    "TagConflict",
    "TextCheck",
    "ZettaiError",
    "check_text",
]
