"""`zettai doctor --live` against the simulator in several of its modes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.cli.helpers import PHONE, document, settings, zettai

from zettai_cli.operations.doctor import inspection
from zettai_cli.operations.doctor.live import BODY
from zettai_simulator import SimulatorProcess


@pytest.fixture
def simulator(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatorProcess]:
    """The provider of the command. There are no workers to wait for."""
    monkeypatch.setattr(inspection, "PING_TIMEOUT", timedelta(seconds=0.1))
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
    assert found["second cancel"][1].startswith("200 ")
    assert found["latency"][0] == "ok"
    assert [one["state"] for one in simulator.records()].count("cancelled") == 1


def test_provider_that_rewrites_and_matches_by_prefix(simulator: SimulatorProcess) -> None:
    simulator.set_behavior(rewrites=True, local_numbers=True, prefix_match=True, canceled_again=0)

    found = live()

    assert "text: the same" not in found["status"][1]
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


def test_nothing_is_sent_without_a_number_or_a_confirmation(simulator: SimulatorProcess) -> None:
    assert zettai("doctor", "--live").exit_code == 2
    assert zettai("doctor", "--live", "--to", "0312345678", "--yes").exit_code == 2
    assert zettai("doctor", "--live", "--to", PHONE, input="n\n").exit_code == 1
    assert simulator.arrivals() == []
