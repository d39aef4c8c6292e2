"""The calls of the provider's API: each turns the fields of a request into the JSON object of an answer.

Each is a function of the account, the fields and the time. HTTP, faults and throttling are elsewhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from zettai_simulator import clock, codes, fields, submissions
from zettai_simulator.account import Account
from zettai_simulator.answers import Answer, refusal, reservation_entry, status_entry, success
from zettai_simulator.fields import Credentials, Fields
from zettai_simulator.messages import Message, State

_STATUS_TAG_LENGTH = 203

Call = Callable[[Account, Fields, int], Answer]
"""A call whose credentials are checked."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of the API.

    Attributes:
        name: Its name in settings and statistics.
        method: Its HTTP method.
        call: The function.
    """

    name: str
    method: str
    call: Call

    def answer(self, account: Account, credentials: Credentials, given: Fields, now: int) -> Answer:
        """Return the answer of a call, also if it is refused."""
        try:
            credentials.check(given)
            return self.call(account, given, now)
        except codes.RefusedError as error:
            return refusal(error)

    def success_without_effect(self, given: Fields) -> Answer:
        """Return the answer that says that the call succeeded, without any message in it."""
        match self.name:
            case "mt":
                number = given.get("phoneNumber", "").removeprefix("+81").removeprefix("0")
                return success(phoneNumber=f"+81{number}", smsMessage=given.get("message"))
            case "cancelreservation":
                return success(clientTag=given.get("clientTag"))
            case "cancelreservationall":
                return success()
            case "status":
                return success(status=[])
            case "separatedsuccesscount":
                return success(separatedSuccessCount=[])
            case _:
                return success(count=0, status=[])


def send(account: Account, form: Fields, now: int) -> Answer:
    """`mt.json`: accept a message, to send now or later."""
    account.check_sender(fields.required(form, "smsCode"))
    message = account.take(submissions.read(form, now + clock.micros(account.behavior.clock_ahead)), now)
    return success(phoneNumber=message.submission.phone_number, smsMessage=message.submission.message)


def check_reservation(account: Account, query: Fields, now: int) -> Answer:
    """`checkreservation.json`: the reservations with a client tag, of a minute, or of a day, in this order."""
    now -= clock.micros(account.behavior.lag)
    sms_code = account.check_sender(fields.required(query, "smsCode"))
    client_tag = fields.tag(query, "clientTag")
    found = _reservations_at(account, query, now) if client_tag is None else _reservation_with(account, client_tag, now)
    entries = [reservation_entry(message) for message in found if message.submission.sms_code == sms_code]
    return success(count=len(entries), status=entries)


def cancel_reservation(account: Account, query: Fields, now: int) -> Answer:
    """`cancelreservation.json`: cancel the reservation with this client tag."""
    client_tag = fields.short(fields.required(query, "clientTag"), "clientTag", fields.TAG_LENGTH)
    account.cancel(client_tag, now)
    return success(clientTag=client_tag)


def cancel_reservations(account: Account, query: Fields, now: int) -> Answer:
    """`cancelreservationall.json`: cancel the reservations that match all conditions; without any, all."""
    start, end = _optional_day(query, "startDate"), _optional_day(query, "endDate")
    group_tag = fields.optional(query, "groupTag")
    if group_tag is not None and len(group_tag) > fields.TAG_LENGTH:
        raise codes.invalid("groupTag")  # this call knows no 120

    def fits(message: Message) -> bool:
        day = clock.day_of(_scheduled(message))
        in_days = (start is None or start <= day) and (end is None or day <= end)
        return in_days and group_tag in {None, message.submission.group_tag}

    account.cancel_all(fits, now)
    return success()


def status(account: Account, query: Fields, now: int) -> Answer:
    """`status.json`: the status of one message, or of all that were sent on a day."""
    now -= clock.micros(account.behavior.lag)
    client_tag = fields.optional(query, "clientTag")
    if client_tag is not None:
        found = account.search(fields.short(client_tag, "clientTag", _STATUS_TAG_LENGTH), now)
        found = [message for message in found if message.state(now) is State.SENT]
    else:
        found = account.sent_on(_day_of_sending(query), now)
    return success(status=[status_entry(message, now) for message in found])


def billed_parts(account: Account, query: Fields, now: int) -> Answer:
    """`separatedsuccesscount.json`: the billed parts of a month by carrier; of the present month up to yesterday."""
    month = fields.month(fields.required(query, "month"), "month")
    counts = account.billed_parts(month, now - clock.micros(account.behavior.lag))
    return success(separatedSuccessCount=[{**counts, "clientId": query["clientId"]}])


ENDPOINTS: Mapping[str, Endpoint] = {
    f"/p5/api/{endpoint.name}.json": endpoint
    for endpoint in (
        Endpoint("mt", "POST", send),
        Endpoint("checkreservation", "GET", check_reservation),
        Endpoint("cancelreservation", "GET", cancel_reservation),
        Endpoint("cancelreservationall", "GET", cancel_reservations),
        Endpoint("status", "GET", status),
        Endpoint("separatedsuccesscount", "GET", billed_parts),
    )
}
"""The API by path."""


def _reservation_with(account: Account, client_tag: str, now: int) -> list[Message]:
    found = account.search(client_tag, now)
    reserved = [message for message in found if message.state(now) is State.RESERVED]
    if not reserved and any(message.state(now) is State.SENT for message in found):
        raise codes.already_sent()
    return reserved


def _reservations_at(account: Account, query: Fields, now: int) -> list[Message]:
    """Return the reservations of a minute or a day, and of a group if one is given."""
    on_time = _time_condition(query, now)
    group_tag = fields.tag(query, "groupTag")
    return [
        message
        for message in account.reservations(now)
        if on_time(message) and group_tag in {None, message.submission.group_tag}
    ]


def _time_condition(query: Fields, now: int) -> Callable[[Message], bool]:
    at = fields.optional(query, "scheduleTime")
    if at is not None:
        instant = fields.minute(at, "scheduleTime")
        if instant <= now:
            raise codes.past("scheduleTime")
        return lambda message: _scheduled(message) == instant
    on = fields.optional(query, "scheduleDate")
    if on is None:
        raise codes.required("clientTag")
    day = fields.day(on, "scheduleDate")
    if day < clock.day_of(now):
        raise codes.past("scheduleDate")
    return lambda message: clock.day_of(_scheduled(message)) == day


def _scheduled(message: Message) -> int:
    """Return the requested minute; a control call may have sent the message earlier."""
    asked = message.submission.schedule_at
    return message.due_at if asked is None else asked


def _optional_day(query: Fields, name: str) -> date | None:
    value = fields.optional(query, name)
    return None if value is None else fields.day(value, name)


def _day_of_sending(query: Fields) -> date:
    value = fields.optional(query, "date")
    if value is None:
        raise codes.required("clientTag")
    return fields.day(value, "date")
