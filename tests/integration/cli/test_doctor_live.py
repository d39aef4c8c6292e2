"""`zettai doctor --live` against the simulator in several of its modes."""

import re
from collections.abc import Generator, Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.cli.helpers import PHONE, document, settings, zettai

from zettai_cli.operations.doctor.live import BODY, LiveTest, describe_clock, describe_text
from zettai_cli.operations.doctor.live_calls import Calls
from zettai_cli.operations.doctor.results import Check
from zettai_simulator import SimulatorProcess
from zettai_worker.runtime import build_limiter, build_provider
from zettai_worker.settings import WorkerSettings


@pytest.fixture
def simulator(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatorProcess]:
    """The provider of the command. There are no workers to wait for."""
    monkeypatch.setattr("zettai_worker.worker_pings.PING_TIMEOUT", 0.1)
    with SimulatorProcess() as simulator:
        for name, value in settings(redis_url, simulator.url).items():
            monkeypatch.setenv(name, value)
        yield simulator


def live(*words: str) -> dict[str, tuple[str, str]]:
    """Run the command. Return the result and the fact of each of its live checks."""
    result = zettai("doctor", "--json", "--live", "--to", PHONE, "--yes", *words)
    assert PHONE not in result.output
    assert BODY.strip() not in result.output
    found = [check for check in document(result)["checks"] if check["name"].startswith("live ")]
    return {check["name"].removeprefix("live "): (check["result"], check["found"]) for check in found}


def test_polite_provider(simulator: SimulatorProcess) -> None:
    found = live()

    assert found["send"] == ("ok", "0, the message is accepted")
    assert found["echo"] == ("ok", "text: the same")
    assert found["repeated tag"] == ("ok", "400 Duplicate client tag.")
    assert found["status"][0] == "ok"
    assert "text: the same" in found["status"][1]
    assert found["tag match"] == ("ok", "exact")
    assert found["reservation"] == ("ok", "listed, text: the same")
    assert found["cancel"] == ("ok", "0, then not listed")
    assert re.fullmatch(r"-.* to \+.* s compared with Redis", found["clock"][1])
    assert found["second cancel"][1].startswith("200 ")
    names = re.findall(r"([a-z ]+) \d+ ms", found["latency"][1])
    assert [name.strip() for name in names] == [
        *("send", "repeated tag", "status", "reserve", "checkreservation", "cancel", "second cancel")
    ]
    assert [one["state"] for one in simulator.records()].count("cancelled") == 1


def test_provider_that_rewrites_and_matches_by_prefix(simulator: SimulatorProcess) -> None:
    simulator.set_behavior(rewrites=True, local_numbers=True, prefix_match=True, canceled_again=0)

    found = live()

    changes = "without the blanks around it, with other line ends, with a special character replaced"
    assert found["status"][1].endswith(f"text: {changes}")
    assert found["tag match"] == ("ok", "by prefix")
    assert found["second cancel"] == ("ok", "0")


def test_status_that_does_not_come(simulator: SimulatorProcess) -> None:
    simulator.set_behavior(lag=60.0)

    assert live("--status-within", "1")["status"] == ("warning", "not listed within 1 s")


@pytest.mark.parametrize(
    ("fault", "check", "result"),
    [
        ({"kind": "http", "status": 403, "endpoint": "mt"}, "send", "failed"),
        ({"kind": "code", "code": 310, "text": "What?", "endpoint": "mt"}, "send", "failed"),
        ({"kind": "code", "code": 110, "text": "Invalid.", "endpoint": "cancelreservation"}, "cancel", "failed"),
        ({"kind": "http", "status": 500, "endpoint": "status"}, "status", "warning"),
    ],
)
def test_odd_answer_is_reported(simulator: SimulatorProcess, fault: dict[str, Any], check: str, result: str) -> None:
    simulator.set_faults(fault)

    assert live()[check][0] == result


def start_test() -> Generator[Check, None, None]:
    """Return a test that has not begun."""
    settings = WorkerSettings.load()
    limiter = build_limiter(settings)
    return LiveTest(build_provider(settings, limiter), Calls(limiter), PHONE, status_within=10).run()


def test_interrupted_test_leaves_no_reservation(simulator: SimulatorProcess) -> None:
    test = start_test()
    assert "live reservation" in (check.name for check in test)

    with pytest.raises(KeyboardInterrupt):
        test.throw(KeyboardInterrupt)

    assert len(simulator.records()) == 2
    assert simulator.make_due() == []


def test_reservation_without_an_answer_is_canceled(simulator: SimulatorProcess) -> None:
    test = start_test()
    assert "live tag match" in (check.name for check in test)
    simulator.set_faults({"kind": "cut_after", "endpoint": "mt", "times": 1})

    found = {check.name: check.result for check in test}

    assert (found["live reservation"], found["live cancel"]) == ("warning", "ok")
    assert len(simulator.records()) == 2
    assert simulator.make_due() == []


def test_refused_reservation_is_not_canceled(simulator: SimulatorProcess) -> None:
    simulator.set_faults({"kind": "code", "code": 110, "text": "Invalid message.", "endpoint": "mt"})

    assert "cancel" not in live()
    assert {endpoint for _, endpoint in simulator.arrivals()} == {"mt"}


def test_cancel_is_repeated_after_an_unclear_answer(simulator: SimulatorProcess) -> None:
    simulator.set_faults({"kind": "cut_before", "endpoint": "cancelreservation", "times": 1})

    assert live()["cancel"][0] == "warning"
    assert simulator.make_due() == []


def test_second_cancel_that_counts_as_too_late_is_a_warning(simulator: SimulatorProcess) -> None:
    simulator.set_behavior(canceled_again=130)
    assert live()["second cancel"][0] == "warning"


def test_unreachable_provider_has_no_latency(simulator: SimulatorProcess) -> None:
    simulator.stop()

    found = live()

    assert found["latency"] == ("unknown", "unknown")
    assert found["clock"][0] == "unknown"


@pytest.mark.parametrize(
    ("shown", "described"),
    [
        (None, "not shown"),
        (BODY, "the same"),
        (BODY.strip(), "without the blanks around it"),
        (BODY.replace("\r\n", "\n"), "with other line ends"),
        (BODY.replace("①", "?"), "with a special character replaced"),
        (BODY.replace("zettai", "other"), "changed"),
        ("", "changed"),
    ],
)
def test_text_is_described(shown: str | None, described: str) -> None:
    assert describe_text(shown) == described


@pytest.mark.parametrize(
    ("least", "most", "result"), [(-0.5, 0.5, "ok"), (299, 301, "ok"), (301, 302, "failed"), (-302, -301, "failed")]
)
def test_clock_beyond_the_tolerance_fails(least: float, most: float, result: str) -> None:
    assert describe_clock((timedelta(seconds=least), timedelta(seconds=most))).result == result


def test_nothing_is_sent_without_a_number_or_a_confirmation(simulator: SimulatorProcess) -> None:
    assert zettai("doctor", "--live").exit_code == 2
    assert zettai("doctor", "--to", PHONE).exit_code == 2
    assert zettai("doctor", "--live", "--to", "0312345678", "--yes").exit_code == 2
    assert zettai("doctor", "--live", "--to", PHONE, input="n\n").exit_code == 1
    assert simulator.arrivals() == []
