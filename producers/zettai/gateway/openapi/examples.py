"""Examples of requests and responses for the OpenAPI document. A test checks each one against its model."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from zettai.gateway.inputs.messages import MessageInput, MessagesInput
from zettai.gateway.outputs import campaigns, messages, numbers, text_check
from zettai.gateway.problems import ProblemType

TAG = "reminder-1234"

MESSAGE: dict[str, Any] = {
    "client_tag": TAG,
    "to": "+81********78",
    "lane": "normal",
    "state": "delivered",
    "since": "2026-12-01T10:00:04.120000+09:00",
    "reason": "statusId 2",
    "created_at": "2026-12-01T10:00:00.015000+09:00",
    "expires_at": "2026-12-02T10:00:00.015000+09:00",
    "send_at": None,
    "sent_at": "2026-12-01T10:00:00.233000+09:00",
    "group": "reminders",
    "carrier": None,
    "carrier_found": "docomo",
    "sender": None,
    "account": None,
    "metadata": {"order": "1234"},
    "category": "transactional",
    "created_by": "shop",
    "attempts": 1,
    "cancel_requested": False,
    "overdue": False,
    "parts": 1,
    "detail": None,
    "requeued_as": None,
    "requeued_from": None,
    "replaced_by": None,
    "replaces": None,
    "erased": False,
    "sealed": False,
    "contradicted": False,
    "history": [
        {"at": "2026-12-01T10:00:00.015000+09:00", "state": "queued", "reason": "created"},
        {"at": "2026-12-01T10:00:00.101000+09:00", "state": "submitting", "reason": "attempt 1"},
        {"at": "2026-12-01T10:00:00.233000+09:00", "state": "accepted", "reason": "0"},
        {"at": "2026-12-01T10:00:04.120000+09:00", "state": "delivered", "reason": "statusId 2"},
    ],
}

_NEW = MESSAGE | {
    "state": "queued",
    "since": MESSAGE["created_at"],
    "reason": "created",
    "sent_at": None,
    "carrier_found": None,
    "attempts": 0,
    "parts": None,
    "history": MESSAGE["history"][:1],
}

_LISTED = {name: value for name, value in MESSAGE.items() if name != "metadata"}

_CAMPAIGN = {
    "name": "winter-sale",
    "total": 12_000,
    "states": {"queued": 9_000, "delivered": 2_900, "undelivered": 100},
    "waiting": 9_000,
    "in_flight": 0,
    "paused_at": None,
    "pace": "50/second",
    "window": "09:00-20:00",
    "waits_for": None,
    "opens_at": None,
    "expected_end": "2026-12-01T11:30:00+09:00",
    "will_expire": 0,
    "first_expiry": "2026-12-02T10:00:00+09:00",
}

_SUPPRESSED = {
    "suppressed": True,
    "scopes": [{"scope": "all", "since": "2026-11-30T18:20:00+09:00", "source": "web-form", "owner": "shop"}],
}

_INSTANCE = "urn:uuid:019b8f3a-6c1e-7d52-8a0e-5c2f5e9a1b77"

RESPONSES: dict[type[BaseModel], dict[str, Any]] = {
    messages.Message: MESSAGE,
    messages.Results: {
        "created": 1,
        "suppressed": 0,
        "repeated": 0,
        "refused": 1,
        "results": [
            {"status": 201, "message": _NEW},
            {
                "status": 422,
                "problem": {
                    "type": ProblemType.INVALID.urn,
                    "title": ProblemType.INVALID.title,
                    "status": 422,
                    "detail": "/messages/1/to: must be a Japanese mobile number such as 09012345678 or +819012345678",
                },
            },
        ],
    },
    messages.Page: {"messages": [_LISTED], "next": None},
    numbers.Found: {"messages": [_LISTED]},
    numbers.Erasure: {"erased": 3, "pending": 1, "damaged": 0},
    messages.Cancel: {"client_tag": TAG, "outcome": "canceled"},
    messages.GroupCancel: {"group": "reminders", "canceled": 40, "pending": 0, "too_late": 2},
    messages.Replacement: {
        "client_tag": TAG,
        "outcome": "replaced",
        "replaced_by": f"{TAG}~e1",
        "message": _NEW | {"client_tag": f"{TAG}~e1", "replaces": TAG},
    },
    text_check.TextCheck: {
        "length": 7,
        "estimated_parts": 1,
        "problem": None,
        "findings": [
            {
                "position": 3,
                "code_points": ["U+3231"],
                "name": "PARENTHESIZED IDEOGRAPH STOCK",
                "why": "not in ISO-2022-JP",
                "suggestion": "(株)",
            }
        ],
    },
    numbers.Suppression: _SUPPRESSED,
    campaigns.Campaign: _CAMPAIGN,
    campaigns.Campaigns: {"campaigns": [_CAMPAIGN]},
}
"""An example of each body of a successful response. Models without one have none in the document."""

NEW_MESSAGE = _NEW
"""The body of 201, in place of the example of a message."""

REQUESTS: dict[type[BaseModel], dict[str, Any]] = {
    MessageInput: {
        "to": "08012345678",
        "body": "【みなと歯科】明日10:00にご予約をいただいております。",
        "client_tag": TAG,
        "group": "reminders",
        "metadata": {"order": "1234"},
        "category": "transactional",
    },
    MessagesInput: {
        "messages": [
            {"to": "08012345678", "body": "山田様 ご注文の商品を発送しました。", "client_tag": "shipped-1"},
            {"to": "07012345678", "body": "鈴木様 ご注文の商品を発送しました。", "client_tag": "shipped-2"},
        ]
    },
}
"""Examples of the bodies of requests whose models have none, or a short one."""


def problem_examples(types: Iterable[ProblemType]) -> dict[str, Any]:
    """Return an example of each problem, by the last part of its type."""
    return {
        one.urn.rpartition(":")[2]: {
            "summary": one.title,
            "value": {"type": one.urn, "title": one.title, "status": one.status, "instance": _INSTANCE},
        }
        for one in types
    }
