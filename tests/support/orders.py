"""Short ways to say what a worker does to the ledger."""

from datetime import timedelta
from typing import Any

from producers.draft import Draft, draft
from producers.ledger import Claim, Order, WorkLedger
from producers.states import State

MINUTE = timedelta(minutes=1)
SUBMITTING = frozenset({State.SUBMITTING})


def a_draft(**keywords: Any) -> Draft:
    """A valid draft."""
    return draft({"to": "09012345678", "body": "hello", "expires_in": timedelta(hours=1), **keywords})


def claim_one(ledger: WorkLedger, tag: str, token: str = "token", lease: timedelta = MINUTE) -> Claim | None:
    """Claim a message, if that is to be had."""
    claims = ledger.claim([tag], token, lease=lease, hold=MINUTE)
    return claims[0] if claims else None


def settle_one(ledger: WorkLedger, tag: str, to: State | None, **keywords: Any) -> State | None:
    """Settle a message that the claim `token` holds, unless told otherwise."""
    order = {"came_from": SUBMITTING, "token": "token", "reason": "test", **keywords}
    return ledger.settle([Order(client_tag=tag, to=to, **order)])[0]


def accepted(ledger: WorkLedger, **keywords: Any) -> str:
    """A message that the provider took."""
    one = a_draft(**keywords)
    ledger.create([one])
    claim_one(ledger, one.client_tag)
    settle_one(ledger, one.client_tag, State.ACCEPTED, due_in=MINUTE)
    return one.client_tag
