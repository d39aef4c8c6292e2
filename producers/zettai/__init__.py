"""Send SMS through 絶対リーチ! SMS (AOSSMS): the library for web apps.

`SmsClient` records messages in Redis and publishes tasks for the workers. The other names are its arguments,
results and errors. Each name is imported when it is first used, so that `import zettai` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zettai.campaigns import Campaigns, CampaignStatus
    from zettai.client import SmsClient
    from zettai.core.carriers import Carrier
    from zettai.core.create_result import CreateResult
    from zettai.core.errors import (
        BudgetExceeded,
        DurabilityUnavailable,
        EncryptionKeyMissing,
        GuardError,
        IncompatibleStore,
        InvalidMessage,
        LedgerUnavailable,
        NotAllowed,
        NotDurable,
        RateExceeded,
        ReplacementPending,
        SettingsError,
        SharedByAccounts,
        StoreFull,
        SuppressionKeyMismatch,
        TagConflict,
        UrgentCampaign,
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
    from zettai.erasing import Erasure, ErasurePreview
    from zettai.suppressions import Suppressions

__all__ = [
    "BudgetExceeded",
    "CampaignStatus",
    "Campaigns",
    "CancelOutcome",
    "Carrier",
    "CreateResult",
    "DurabilityUnavailable",
    "EncryptionKeyMissing",
    "Erasure",
    "ErasurePreview",
    "Event",
    "EventType",
    "GroupCancel",
    "GuardError",
    "IncompatibleStore",
    "InvalidMessage",
    "Lane",
    "LedgerUnavailable",
    "Message",
    "MessageEvent",
    "NewMessage",
    "NotAllowed",
    "NotDurable",
    "RateExceeded",
    "ReplaceOutcome",
    "Replacement",
    "ReplacementPending",
    "Settings",
    "SettingsError",
    "SharedByAccounts",
    "SmsClient",
    "State",
    "StoreFull",
    "SuppressionKeyMismatch",
    "Suppressions",
    "TagConflict",
    "TextCheck",
    "UrgentCampaign",
    "ZettaiError",
    "check_text",
]

_MODULES = {
    "BudgetExceeded": "zettai.core.errors",
    "CampaignStatus": "zettai.campaigns",
    "Campaigns": "zettai.campaigns",
    "CancelOutcome": "zettai.core.message",
    "Carrier": "zettai.core.carriers",
    "CreateResult": "zettai.core.create_result",
    "DurabilityUnavailable": "zettai.core.errors",
    "EncryptionKeyMissing": "zettai.core.errors",
    "Erasure": "zettai.erasing",
    "ErasurePreview": "zettai.erasing",
    "Event": "zettai.core.message",
    "EventType": "zettai.core.events",
    "GroupCancel": "zettai.core.message",
    "GuardError": "zettai.core.errors",
    "IncompatibleStore": "zettai.core.errors",
    "InvalidMessage": "zettai.core.errors",
    "Lane": "zettai.core.lanes",
    "LedgerUnavailable": "zettai.core.errors",
    "Message": "zettai.core.message",
    "MessageEvent": "zettai.core.events",
    "NewMessage": "zettai.core.new_message",
    "NotAllowed": "zettai.core.errors",
    "NotDurable": "zettai.core.errors",
    "RateExceeded": "zettai.core.errors",
    "ReplaceOutcome": "zettai.core.replacement",
    "Replacement": "zettai.core.replacement",
    "ReplacementPending": "zettai.core.errors",
    "Settings": "zettai.core.settings",
    "SettingsError": "zettai.core.errors",
    "SharedByAccounts": "zettai.core.errors",
    "SmsClient": "zettai.client",
    "State": "zettai.core.states",
    "StoreFull": "zettai.core.errors",
    "SuppressionKeyMismatch": "zettai.core.errors",
    "Suppressions": "zettai.suppressions",
    "TagConflict": "zettai.core.errors",
    "TextCheck": "zettai.core.text",
    "UrgentCampaign": "zettai.core.errors",
    "ZettaiError": "zettai.core.errors",
    "check_text": "zettai.core.text",
}
"""Where each name comes from; the same as the imports above, which only type checkers read."""


def __getattr__(name: str) -> Any:
    """Import a name at its first use (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
