"""The addresses that delivery reports may come from. The server decides which address a connection has."""

from collections.abc import Collection
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Networks = tuple[IPv4Network | IPv6Network, ...]


def parse_networks(text: str | None) -> Networks:
    """Parse a comma-separated list of addresses and networks. Without a text the result is empty.

    Raises:
        ValueError: an entry is neither an address nor a network.
    """
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",")) if text else ()


class Sources:
    """The networks that reports may come from. Without networks, every address is allowed."""

    def __init__(self, networks: Collection[IPv4Network | IPv6Network]) -> None:
        self._networks = networks

    def allow(self, host: str | None) -> bool:
        """Return whether a report may come from this host. With networks set, a host that is not an address may not."""
        if not self._networks:
            return True
        try:
            address = ip_address(host or "")
        except ValueError:
            return False
        return any(address in network for network in self._networks)
