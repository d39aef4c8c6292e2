"""What the simulated provider does where the specification leaves it open. The time is an argument in most tests."""

from collections.abc import Callable
from typing import Any

import pytest

from zettai_simulator import SimulatorProcess, api
from zettai_simulator.account import Account
from zettai_simulator.behavior import OPT_OUT_LINK, Behavior
from zettai_simulator.carriers import Pace
from zettai_simulator.clock import SECOND, minute_text, parse_minute
from zettai_simulator.codes import RefusedError
from zettai_simulator.reports import report_of

Call = Callable[..., dict[str, Any]]

NOON = parse_minute("2099-01-01 12:00")
MINUTE = 60 * SECOND
FORM = {"smsCode": "12345", "message": "こんにちは", "phoneNumber": "+819012345678"}


def account_with(**behavior: Any) -> Account:
    """Return an account that delivers at once."""
    return Account(Pace(delivery=0, kddi_failure=0), behavior=Behavior(**behavior))


def reserved(account: Account, tag: str, at: int, now: int = NOON) -> None:
    """Reserve a message at a provider."""
    api.send(account, {**FORM, "clientTag": tag, "scheduleTime": minute_text(at)}, now)


def tags(account: Account, call: api.Call, now: int, **query: str) -> list[str]:
    """Return the tags of the rows in an answer."""
    return [row["clientTag"] for row in call(account, {"smsCode": "12345", **query}, now)["status"]]


def test_status_and_report_show_the_text_as_it_was_sent() -> None:
    account = account_with(rewrites=True, local_numbers=True)
    given = f" \r\nひらがな😀\r\n{OPT_OUT_LINK}\u3000\n"

    answer = api.send(account, {**FORM, "clientTag": "t", "message": given}, NOON)
    [row] = api.status(account, {"clientTag": "t"}, NOON)["status"]
    report = report_of(account.messages[0], "1234")

    assert (answer["smsMessage"], answer["phoneNumber"]) == (given, "+819012345678")
    assert (row["message"], row["phoneNumber"]) == ("ひらがな?\nhttps://ai9.jp/0000000", "09012345678")
    assert (report["messageText"], report["phoneNumber"]) == (row["message"], row["phoneNumber"])
    assert account.messages[0].submission.message == given


def test_reservation_shows_the_text_as_it_was_given() -> None:
    account = account_with(rewrites=True, local_numbers=True)
    api.send(account, {**FORM, "message": "a\r\nb ", "clientTag": "r", "scheduleTime": "2099-01-01 13:00"}, NOON)

    [row] = api.check_reservation(account, {"smsCode": "12345", "clientTag": "r"}, NOON)["status"]

    assert (row["message"], row["phoneNumber"]) == ("a\r\nb ", "+819012345678")


def test_message_is_shown_when_the_lag_is_over() -> None:
    account = account_with(lag=60)
    api.send(account, {**FORM, "clientTag": "t"}, NOON)

    shown = [tags(account, api.status, NOON + seconds * SECOND, clientTag="t") for seconds in (0, 59, 60)]

    assert shown == [[], [], ["t"]]
    with pytest.raises(RefusedError, match="Duplicate"):
        api.send(account, {**FORM, "clientTag": "t"}, NOON)


def test_canceled_reservation_is_shown_until_the_lag_is_over() -> None:
    account = account_with(lag=60)
    reserved(account, "r", NOON + 30 * MINUTE)
    api.cancel_reservation(account, {"clientTag": "r"}, NOON + MINUTE)

    for query in ({"clientTag": "r"}, {"scheduleDate": "20990101"}):
        found = [
            tags(account, api.check_reservation, NOON + seconds * SECOND, **query) for seconds in (0, 60, 119, 120)
        ]
        assert found == [[], ["r"], ["r"], []]


def test_due_reservation_is_shown_until_the_lag_is_over() -> None:
    account = account_with(lag=60)
    reserved(account, "r", NOON + MINUTE)

    assert tags(account, api.check_reservation, NOON + MINUTE + 59 * SECOND, clientTag="r") == ["r"]
    with pytest.raises(RefusedError, match="Already send"):
        api.check_reservation(account, {"smsCode": "12345", "clientTag": "r"}, NOON + 2 * MINUTE)
    with pytest.raises(RefusedError, match="Already send"):
        api.cancel_reservation(account, {"clientTag": "r"}, NOON + MINUTE)


def test_search_finds_each_tag_with_the_prefix() -> None:
    account = account_with(prefix_match=True)
    for tag in ("a-10", "a-1", "b", "a-11"):
        api.send(account, {**FORM, "clientTag": tag}, NOON)
        reserved(account, f"r-{tag}", NOON + MINUTE)

    assert tags(account, api.status, NOON, clientTag="a-1") == ["a-1", "a-10", "a-11"]
    assert tags(account, api.check_reservation, NOON, clientTag="r-a-1") == ["r-a-1", "r-a-10", "r-a-11"]


@pytest.mark.parametrize("code", [0, 130, 200])
def test_repeated_cancel_has_the_given_code(simulator: SimulatorProcess, send: Call, ask: Call, code: int) -> None:
    simulator.set_behavior(canceled_again=code)
    send(simulator, clientTag="r", scheduleTime="2099-01-01 10:00")

    answers = [ask(simulator, "cancelreservation", clientTag="r")["responseCode"] for _ in range(2)]

    assert answers == [0, code]
    assert ask(simulator, "cancelreservation", clientTag="x")["responseCode"] == 200


def test_clock_that_is_ahead_refuses_near_reservations_and_sends_early() -> None:
    account = account_with(clock_ahead=600)
    with pytest.raises(RefusedError, match="Invalid scheduleTime"):
        reserved(account, "near", NOON + 10 * MINUTE)

    reserved(account, "far", NOON + 11 * MINUTE)

    assert tags(account, api.status, NOON + MINUTE - 1, clientTag="far") == []
    assert tags(account, api.status, NOON + MINUTE, clientTag="far") == ["far"]


def test_behavior_is_set_by_the_command_line_and_reset(simulate: Callable[..., SimulatorProcess]) -> None:
    simulator = simulate(behavior="rewrites,lag=2.5,canceled_again=0")

    given = simulator.control("GET", "behavior")
    simulator.set_behavior(prefix_match=True)
    changed = simulator.control("GET", "behavior")
    simulator.reset()

    assert (given["rewrites"], given["lag"], given["canceled_again"]) == (True, 2.5, 0)
    assert (changed["rewrites"], changed["prefix_match"]) == (False, True)
    assert simulator.control("GET", "behavior") == given


@pytest.mark.parametrize("text", ["rewrite", "lag", "lag=x", "canceled_again=1.5"])
def test_invalid_behavior_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Behavior.from_text(text)
