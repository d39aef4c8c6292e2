"""`separatedsuccesscount.json`, also in forms that the specification leaves open."""

import json
from typing import Any

import pytest
from tests.integration.provider.faulty_server import Connect
from tests.integration.provider.given import CLIENT_ID, TOKEN

from zettai.core.carriers import Carrier
from zettai.core.months import Month
from zettai_simulator import SimulatorProcess
from zettai_worker.provider import Ambiguous, ProviderError, Refused
from zettai_worker.provider.billed_parts import read_billed_parts
from zettai_worker.provider.bodies import read_object
from zettai_worker.provider.errors import InvalidAnswer

OURS = {"101": 5, "103": "7", "clientId": CLIENT_ID}
THEIRS = {"105": 9, "clientId": 9999}

NONE = dict.fromkeys(Carrier, 0)
COUNTED = NONE | {Carrier.KDDI: 5, Carrier.DOCOMO: 7}


def _read(**fields: Any) -> dict[Carrier, int]:
    body = json.dumps({"responseCode": 0, "responseMessage": "Success.", **fields}).encode()
    return dict(read_billed_parts("separatedsuccesscount.json", read_object([body[:9], body[9:]]), CLIENT_ID))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"list": [OURS]}, COUNTED),
        ({"list": [THEIRS, OURS]}, COUNTED),
        ({"counts": OURS}, COUNTED),
        (OURS, COUNTED),
        ({"list": [{**OURS, "clientId": int(CLIENT_ID)}]}, COUNTED),
        ({"list": [{"clientId": CLIENT_ID, "107": 3}]}, NONE),
        ({"list": [THEIRS]}, NONE),
        ({"list": []}, NONE),
    ],
)
def test_parts_of_our_client_are_read(fields: dict[str, Any], expected: dict[Carrier, int]) -> None:
    assert _read(**fields) == expected


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"list": None},
        {"list": [{"101": 5}]},
        {"list": [{**OURS, "101": "many"}]},
        {"list": [{**OURS, "101": -1}]},
        {"list": [{**OURS, "101": None}]},
    ],
)
def test_unclear_answer_is_no_count(fields: dict[str, Any]) -> None:
    with pytest.raises(Ambiguous):
        _read(**fields)


@pytest.mark.parametrize("body", [b"[]", b'{"a": 1, "a": 2}', b'{"a": 1', b""])
def test_invalid_body_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidAnswer):
        read_object([body])


def test_provider_is_asked_for_a_month(connect: Connect) -> None:
    with SimulatorProcess(token=TOKEN, client_id=CLIENT_ID) as simulator:
        client = connect(simulator.url)
        simulator.set_billed_parts(**{"2026-10": {"101": 3, "106": 1}})

        assert client.billed_parts(Month(2026, 10)) == NONE | {Carrier.KDDI: 3, Carrier.RAKUTEN: 1}
        assert client.billed_parts(Month(2026, 9)) == NONE

        for fault, error in (({"kind": "code", "code": 110}, Refused), ({"kind": "unavailable"}, ProviderError)):
            simulator.set_faults({**fault, "endpoint": "separatedsuccesscount"})
            with pytest.raises(error):
                client.billed_parts(Month(2026, 10))
