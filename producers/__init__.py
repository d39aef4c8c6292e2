"""Send SMS through 絶対リーチ! SMS (AOSSMS): the library for web apps.

`SmsClient` records a message in the ledger and wakes the workers; everything else here is what it takes and gives.
"""

from producers.client import SmsClient
from producers.draft import Carrier
from producers.errors import (
    ConfirmationError,
    DurabilityUnavailable,
    InvalidMessage,
    LedgerUnavailable,
    NotDurable,
    SettingsError,
    TagConflict,
    ZettaiError,
)
from producers.lanes import Lane
from producers.message import CancelOutcome, Event, GroupCancel, Message, Receipt
from producers.settings import Settings
from producers.states import State
from producers.text import TextCheck, check_text

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
