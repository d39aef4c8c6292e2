"""The control API under `/simulator/…`: the records of the provider, and changes that the real one has no API for.

These calls are not counted, not throttled and not affected by faults. All bodies are JSON; instants are microseconds
since the epoch, durations are seconds.

| call | body | answer |
|---|---|---|
| `GET truth?offset=0&limit=1000` | | `{"total", "next", "messages": […]}`, the messages in the order of acceptance |
| `GET truth/TAG` | | one message; a client tag whose requests were all refused has `"state": "not_taken"` |
| `GET inbox?limit=200` | | the newest messages, faults and behavior, for the inbox page; see `inbox` |
| `GET stats` | | counts of messages, calls, arrivals, throttled calls and reports; the worst sliding second |
| `GET arrivals?since=0` | | `{"instants": […], "endpoints": […], "names": […]}`; endpoints are indexes of names |
| `GET in_flight` | | `{"calls"}`, those that were read and are not answered yet |
| `GET PUT DELETE faults` | `[{"kind", "rate", "suffix", "times", "endpoint", …}]`, see `Fault` | the active faults |
| `GET PUT behavior` | `{"rewrites": true, …}`, see `Behavior`; what is left out is the default | the behavior |
| `POST reservations/due` | `{"clientTags": […]}` or `{}` for all | `{"clientTags": […]}`, those sent now |
| `DELETE reservations/TAG` | | the message, now cancelled in the console |
| `GET PUT quota` | `{"remaining"}`, null for no quota | the same |
| `GET PUT senders` | `{"codes": […]}`, null for all | the same |
| `GET PUT billed_parts` | `{"2026-10": {"101": 3}}`, more parts, by month and carrier | the same |
| `GET PUT latency` | `{"seconds", "jitter"}` | the same |
| `GET PUT limit` | `{"calls", "throttleFor", "retryAfter"}`, no calls for no limit | the same |
| `POST reset` | | resets everything, used client tags too |

A call that fails has HTTP 400, 404 or 409 and `{"error": reason}`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, unquote

from zettai_simulator import clock, inbox, records
from zettai_simulator.behavior import Behavior
from zettai_simulator.clock import SECOND, micros
from zettai_simulator.codes import Code, RefusedError
from zettai_simulator.faults import Fault, FaultPlan
from zettai_simulator.messages import Canceller
from zettai_simulator.provider import Provider
from zettai_simulator.pusher import Pusher
from zettai_simulator.settings import Latency
from zettai_simulator.throttle import Limit

PREFIX = "/simulator/"
"""Where the control API begins."""

_PAGE = 1000
_INBOX = 200


class ControlError(Exception):
    """A control call that fails, with its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class ControlCall:
    """A control call, decoded.

    Attributes:
        provider: The provider to read or change.
        pusher: Of the delivery reports.
        name: The rest of the path, such as a client tag.
        query: The query string.
        body: The JSON of the body; an empty one is an empty object.
    """

    provider: Provider
    pusher: Pusher
    name: str
    query: Mapping[str, str]
    body: Any


class Control:
    """Answers control calls.

    Args:
        provider: The provider to read or change.
        pusher: Of the delivery reports.
    """

    def __init__(self, provider: Provider, pusher: Pusher) -> None:
        self._provider = provider
        self._pusher = pusher

    def answer(self, method: str, raw_path: str, body: bytes) -> tuple[int, Any]:
        """Run a call, and return the HTTP status and the JSON of the answer."""
        path, _, query = raw_path.removeprefix(PREFIX).partition("?")
        noun, slash, name = path.partition("/")
        action = _ACTIONS.get((method, f"{noun}/*" if slash else noun))
        if action is None:
            return 404, {"error": f"no such control call: {method} {path}"}
        try:
            call = ControlCall(
                self._provider,
                self._pusher,
                unquote(name),
                dict(parse_qsl(query)),
                json.loads(body) if body else {},
            )
            return 200, action(call)
        except ControlError as error:
            return error.status, {"error": str(error)}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return 400, {"error": f"{type(error).__name__}: {error}"}


def _records_page(call: ControlCall) -> Any:
    offset, limit = int(call.query.get("offset", 0)), int(call.query.get("limit", _PAGE))
    account, now = call.provider.account, clock.now()
    page = account.messages[offset : offset + limit]
    following = offset + len(page)
    return {
        "total": len(account.messages),
        "next": following if following < len(account.messages) else None,
        "messages": [records.of_message(account, message, now) for message in page],
    }


def _record_of_tag(call: ControlCall) -> Any:
    known = records.of_tag(call.provider.account, call.name, clock.now())
    if known is None:
        raise ControlError(404, "there was no request with this client tag")
    return known


def _inbox(call: ControlCall) -> Any:
    return inbox.contents(call.provider, call.pusher, int(call.query.get("limit", _INBOX)))


def _stats(call: ControlCall) -> Any:
    return {**records.of_calls(call.provider), "reports": call.pusher.counts}


def _arrivals(call: ControlCall) -> Any:
    return records.of_arrivals(call.provider, int(call.query.get("since", 0)))


def _in_flight(call: ControlCall) -> Any:
    return {"calls": call.provider.in_flight}


def _faults(call: ControlCall) -> Any:
    return call.provider.faults.to_json()


def _set_faults(call: ControlCall) -> Any:
    faults = [Fault.from_mapping(values) for values in call.body]
    call.provider.faults = FaultPlan(faults, call.provider.settings.seed)
    return _faults(call)


def _clear_faults(call: ControlCall) -> Any:
    call.provider.faults = FaultPlan(())
    return _faults(call)


def _behavior(call: ControlCall) -> Any:
    return asdict(call.provider.account.behavior)


def _set_behavior(call: ControlCall) -> Any:
    call.provider.account.behavior = Behavior.from_mapping(call.body)
    return _behavior(call)


def _make_due(call: ControlCall) -> Any:
    if call.name != "due":
        raise ControlError(404, "the only action on reservations is: due")
    due = call.provider.account.make_due(call.body.get("clientTags"), clock.now())
    for message in due:
        call.pusher.watch(message)
    return {"clientTags": [message.submission.client_tag for message in due]}


def _cancel_in_console(call: ControlCall) -> Any:
    now = clock.now()
    try:
        message = call.provider.account.cancel(call.name, now, Canceller.CONSOLE)
    except RefusedError as error:
        raise ControlError(404 if error.code == Code.NO_RESERVATION else 409, error.message) from None
    return records.of_message(call.provider.account, message, now)


def _reset(call: ControlCall) -> Any:
    call.provider.reset()
    call.pusher.reset()
    return {}


def _quota(call: ControlCall) -> Any:
    return {"remaining": call.provider.account.quota}


def _senders(call: ControlCall) -> Any:
    codes = call.provider.account.senders
    return {"codes": None if codes is None else sorted(codes)}


def _set_senders(call: ControlCall) -> Any:
    codes = call.body["codes"]
    call.provider.account.senders = None if codes is None else frozenset(map(str, codes))
    return _senders(call)


def _set_quota(call: ControlCall) -> Any:
    remaining = call.body["remaining"]
    call.provider.account.quota = None if remaining is None else int(remaining)
    return _quota(call)


def _billed_parts(call: ControlCall) -> Any:
    return {f"{month:%Y-%m}": parts for month, parts in call.provider.account.other_parts.items()}


def _set_billed_parts(call: ControlCall) -> Any:
    call.provider.account.other_parts = {
        date.fromisoformat(f"{month}-01"): {carrier: int(count) for carrier, count in parts.items()}
        for month, parts in call.body.items()
    }
    return _billed_parts(call)


def _latency(call: ControlCall) -> Any:
    return asdict(call.provider.latency)


def _set_latency(call: ControlCall) -> Any:
    call.provider.latency = Latency(float(call.body["seconds"]), float(call.body.get("jitter", 0)))
    return _latency(call)


def _limit(call: ControlCall) -> Any:
    limit = call.provider.throttle.limit
    return {"calls": limit.calls, "throttleFor": limit.penalty / SECOND, "retryAfter": limit.retry_after}


def _set_limit(call: ControlCall) -> Any:
    body = call.body
    calls, retry_after = int(body["calls"] or 0) or None, body.get("retryAfter")
    call.provider.throttle.limit = Limit(calls, micros(body.get("throttleFor", 0)), retry_after)
    return _limit(call)


_ACTIONS: Mapping[tuple[str, str], Callable[[ControlCall], Any]] = {
    ("GET", "truth"): _records_page,
    ("GET", "truth/*"): _record_of_tag,
    ("GET", "inbox"): _inbox,
    ("GET", "stats"): _stats,
    ("GET", "arrivals"): _arrivals,
    ("GET", "in_flight"): _in_flight,
    ("GET", "faults"): _faults,
    ("PUT", "faults"): _set_faults,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "behavior"): _behavior,
    ("PUT", "behavior"): _set_behavior,
    ("POST", "reservations/*"): _make_due,
    ("DELETE", "reservations/*"): _cancel_in_console,
    ("POST", "reset"): _reset,
    ("GET", "quota"): _quota,
    ("PUT", "quota"): _set_quota,
    ("GET", "senders"): _senders,
    ("PUT", "senders"): _set_senders,
    ("GET", "billed_parts"): _billed_parts,
    ("PUT", "billed_parts"): _set_billed_parts,
    ("GET", "latency"): _latency,
    ("PUT", "latency"): _set_latency,
    ("GET", "limit"): _limit,
    ("PUT", "limit"): _set_limit,
}
