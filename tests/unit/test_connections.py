"""How the gateway counts the connections of an address."""

from typing import Any, cast

from zettai.gateway.connections import MAX_CONNECTIONS_OF_ADDRESS, Connections


def test_addresses_of_one_ipv6_network_count_together() -> None:
    limits = Connections(())

    def may_open(host: str) -> bool:
        return limits.open(cast("Any", object()), host)

    assert all(may_open(f"2001:db8::{number:x}") for number in range(MAX_CONNECTIONS_OF_ADDRESS))
    assert not may_open("2001:db8::ffff")
    assert may_open("2001:db8:0:1::1")
