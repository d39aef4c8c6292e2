"""The types of arguments that type checkers read: the names of choices, and the options of `send`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, TypedDict

from zettai.core.carriers import Carrier
from zettai.core.lanes import Lane
from zettai.core.states import State

LaneName = Lane | Literal["urgent", "normal", "bulk"]
"""A lane of messages, or its name."""

CarrierName = Carrier | Literal["au", "docomo", "softbank", "rakuten"]
"""A carrier, or its name."""

StateName = (
    State
    | Literal[
        "queued",
        "held",
        "submitting",
        "submit_unknown",
        "scheduled",
        "accepted",
        "sending",
        "delivered",
        "undelivered",
        "delivery_unknown",
        "rejected",
        "expired",
        "canceled",
        "failed",
    ]
)
"""A state of messages, or its name."""


class MessageOptions(TypedDict, total=False):
    """The arguments of `SmsClient.send` after the number and the text, except `durable`."""

    client_tag: str | None
    send_at: datetime | None
    expires_in: timedelta | None
    lane: LaneName
    group: str | None
    carrier: CarrierName | None
    sender: str | None
    account: str | None
    metadata: Mapping[str, str] | None
    category: str | None
    created_by: str | None


class SendOptions(MessageOptions, total=False):
    """The same with `durable`."""

    durable: bool | None
