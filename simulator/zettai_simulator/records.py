"""Records of messages, calls and arrivals, as JSON for tests and the demo."""

from typing import Any

from zettai_simulator import clock
from zettai_simulator.account import Account
from zettai_simulator.messages import Message, State
from zettai_simulator.provider import Provider

Record = dict[str, Any]
"""A JSON object of the control API; instants are microseconds since the epoch."""


def of_message(account: Account, message: Message, now: int) -> Record:
    """Return the record of an accepted message."""
    submission, fate, state = message.submission, message.fate, message.state(now)
    sent = state is State.SENT
    posts = [] if submission.client_tag is None else account.posts(submission.client_tag)
    return {
        "clientTag": submission.client_tag,
        "phoneNumber": submission.phone_number,
        "message": submission.message,
        "smsCode": submission.sms_code,
        "groupTag": submission.group_tag,
        "carrierId": submission.carrier_id,
        "carrier": fate.carrier.id,
        "scheduleTime": None if submission.schedule_at is None else clock.minute_text(submission.schedule_at),
        "state": state.value,
        "takenAt": message.taken_at,
        "sentAt": message.due_at if sent else None,
        "cancelledAt": message.cancelled_at,
        "cancelledBy": message.cancelled_by,
        "statusId": message.status(now).value if sent else None,
        "finalStatusId": fate.status.value,
        "finalAt": message.ends_at if sent else None,
        "detailedStatusId": fate.detailed_id,
        "taken": 1,
        "requests": len(posts),
        "posts": posts,
    }


def of_tag(account: Account, client_tag: str, now: int) -> Record | None:
    """Return the record of a client tag, also if its requests were refused; None if there was no request."""
    message = account.find(client_tag)
    if message is not None:
        return of_message(account, message, now)
    posts = account.posts(client_tag)
    if not posts:
        return None
    return {"clientTag": client_tag, "state": "not_taken", "taken": 0, "requests": len(posts), "posts": posts}


def of_calls(provider: Provider) -> Record:
    """Return the numbers of calls, messages and refused calls."""
    now = clock.now()
    states = [message.state(now) for message in provider.account.messages]
    calls: dict[str, dict[str, int]] = {}
    for (endpoint, label), count in sorted(provider.calls.items()):
        calls.setdefault(endpoint, {})[label] = count
    return {
        "taken": len(states),
        **{state.value: states.count(state) for state in State},
        "calls": calls,
        "arrivals": len(provider.arrivals),
        "worstSecond": provider.arrivals.worst_second(),
        "throttled": provider.throttle.refused,
    }


def of_arrivals(provider: Provider, since: int) -> Record:
    """Return when API calls arrived, in the order of handling, and at which endpoint."""
    instants, numbers = provider.arrivals.since(since)
    return {"instants": instants, "endpoints": numbers, "names": provider.arrivals.endpoints}
