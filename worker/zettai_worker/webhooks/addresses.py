"""Which addresses may be called. A host name is resolved and checked, and the connection goes to the checked address.

So a name that resolves to another address a moment later (DNS rebinding) reaches nothing inside the own network.
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

_NAT64 = IPv6Network("64:ff9b::/96")

_INNER = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # for protocols of networks; clouds use addresses of it for their metadata
            "192.88.99.0/24",  # relays of 6to4
            "168.63.129.16",  # metadata and DNS of Azure
            "64:ff9b:1::/48",  # NAT64 inside a network
            "3fff::/20",  # documentation
        ),
    )
)
"""Networks that are not on the public Internet, but count as global in some versions of Python."""

_ISATAP = (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe")
"""What precedes an IPv4 address in the second half of an IPv6 address that is a tunnel to it."""


class AddressRefused(Exception):  # noqa: N818 - reads as the fact that it states
    """The host has an address that this endpoint may not use. The text has the address and no URL."""


def resolve(host: str, port: int, *, allow_private: bool, encrypted: bool) -> Sequence[str]:
    """Return the addresses of a host, in the order in which to try them.

    Args:
        host: a name or an address.
        port: of the receiver.
        allow_private: whether addresses inside the own network are allowed.
        encrypted: without it, only addresses inside the own network are allowed.

    Raises:
        AddressRefused: one of the addresses is not allowed.
        OSError: the name was not found.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    for address in addresses:
        public = is_public(address)
        if not public and not allow_private:
            raise AddressRefused(f"{address} is inside the own network; set allow_private = true to allow it")
        if public and not encrypted:
            raise AddressRefused(f"{address} is outside the own network; use https://")
    return addresses


def is_public(address: str) -> bool:
    """Return whether an address is on the public Internet, and not in the own network, of this host or of its cloud."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        embedded = _embedded(found)
        if embedded is not None:
            return is_public(str(embedded))
        if found.is_site_local:
            return False
    if any(found in network for network in _INNER):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address to which a packet to this address goes, if there is one."""
    if address in _NAT64 or address.packed[8:12] in _ISATAP:
        return IPv4Address(address.packed[-4:])
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour
