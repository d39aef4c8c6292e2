"""Read the answer of `separatedsuccesscount.json`: the billed parts of a month by carrier, for each client."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from zettai.core.aossms.final_status import CARRIERS
from zettai.core.aossms.parsing import whole_number
from zettai.core.carriers import Carrier
from zettai_worker.provider.bodies import Body
from zettai_worker.provider.errors import Ambiguous

_CLIENT_ID = "clientId"


def read_billed_parts(endpoint: str, body: Body[None], client_id: str) -> Mapping[Carrier, int]:
    """Return the parts of our client by carrier. A carrier that is missing has none.

    The specification that we have shows the object of a client, and not the name of the field that holds it. So every
    object in the answer is looked at, and every list of objects.

    Raises:
        Ambiguous: the answer has no such object or list, or a number is not valid.
    """
    parts = dict.fromkeys(Carrier, 0)
    has_list = False
    for row in _rows(body.fields):
        has_list = True
        if row is not None and _is_same_client(row.get(_CLIENT_ID), client_id):
            for carrier_id, carrier in CARRIERS.items():
                parts[carrier] += _count(endpoint, row.get(carrier_id, 0))
    if not has_list:
        raise Ambiguous(endpoint, "the answer has no billed parts", http_status=HTTPStatus.OK)
    return parts


def _rows(fields: Mapping[str, Any]) -> Iterator[Mapping[str, Any] | None]:
    """Yield the objects of clients. An empty list yields None: no client has parts in this month."""
    if _CLIENT_ID in fields:
        yield fields
    for value in fields.values():
        entries = value if isinstance(value, list) else [value] if isinstance(value, dict) else None
        if entries == []:
            yield None
        for entry in entries or ():
            if isinstance(entry, dict) and _CLIENT_ID in entry:
                yield entry


def _is_same_client(value: object, client_id: str) -> bool:
    number = whole_number(value)
    return number is not None and number == whole_number(client_id)


def _count(endpoint: str, value: object) -> int:
    count = whole_number(value)
    if count is None or count < 0:
        raise Ambiguous(endpoint, "a number of billed parts is not valid", http_status=HTTPStatus.OK)
    return count
