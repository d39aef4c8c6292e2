"""Addresses of clients, where logins and connections of each are limited."""

from ipaddress import IPv6Address, ip_address, ip_network

IPV6_PREFIX = 64
"""Bits of an IPv6 address that count: one customer of a network has at least all addresses behind them."""


def counted_address(host: str | None) -> str:
    """Return what an address counts for: the address itself, or the network of an IPv6 address."""
    try:
        address = ip_address((host or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_PREFIX), strict=False).network_address)
    return str(address)
