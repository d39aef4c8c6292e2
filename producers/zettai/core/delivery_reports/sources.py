"""Where delivery reports may come from. That this is the peer's own address is the server's affair."""

from collections.abc import Collection
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Networks = tuple[IPv4Network | IPv6Network, ...]


def networks(text: str | None) -> Networks:
    """Read addresses and networks with commas between them; no text is none.

    Raises:
        ValueError: one of them is neither.
    """
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",")) if text else ()


class Sources:
    """The networks that reports are taken from; without any, from everywhere."""

    def __init__(self, networks: Collection[IPv4Network | IPv6Network]) -> None:
        self._networks = networks

    def allow(self, host: str | None) -> bool:
        """Whether a report may come from an address; what is no address may not."""
        if not self._networks:
            return True
        try:
            address = ip_address(host or "")
        except ValueError:
            return False
        return any(address in network for network in self._networks)
