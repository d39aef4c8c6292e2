"""The provider with two contracts: two simulators, which faults and controls reach together."""

from collections import Counter
from pathlib import Path
from typing import Any, Self

from tests.support.accounts import SHOP, SHOP_CLIENT_ID, SHOP_TOKEN, write_accounts

from zettai_simulator import SimulatorProcess


class TwoContracts(SimulatorProcess):
    """The simulator of the default account, with that of the account `shop` beside it."""

    def __init__(self, folder: Path, **flags: Any) -> None:
        """Prepare both simulators.

        Args:
            folder: for the file of accounts and the journals.
            flags: of both.
        """
        self.accounts_file = folder / "accounts.toml"
        self._folder = folder
        self._journals = [folder / "journal-default", folder / "journal-shop"]
        super().__init__(**flags, journal=self._journals[0])
        self._shop = SimulatorProcess(**flags, token=SHOP_TOKEN, client_id=SHOP_CLIENT_ID, journal=self._journals[1])

    def start(self) -> Self:
        """Start both, and write the file of accounts."""
        super().start()
        self._shop.start()
        write_accounts(self._folder, api_url=self._shop.url)
        return self

    def stop(self) -> int | None:
        """Stop both."""
        self._shop.stop()
        return super().stop()

    def write_journal(self, path: Path) -> None:
        """Write the journals of both into one file."""
        path.write_text("".join(journal.read_text(encoding="utf-8") for journal in self._journals), encoding="utf-8")

    def client_tags(self) -> dict[str | None, set[str]]:
        """Return the tags that the contract of each account has taken."""
        found = {None: super().records(), SHOP: self._shop.records()}
        return {account: {str(one["clientTag"]) for one in records} for account, records in found.items()}

    def records(self, start: int = 0) -> list[dict[str, Any]]:
        """Return the messages that either has taken."""
        return [*super().records(start), *self._shop.records(start)]

    def stats(self) -> dict[str, Any]:
        """Return the statistics of both together; `worstSecond` is that of the busier one."""
        ours, shop = super().stats(), self._shop.stats()
        calls = {
            endpoint: dict(Counter(ours["calls"].get(endpoint, {})) + Counter(shop["calls"].get(endpoint, {})))
            for endpoint in {**ours["calls"], **shop["calls"]}
        }
        worst = max(ours["worstSecond"], shop["worstSecond"])
        return {**ours, "calls": calls, "worstSecond": worst, "taken": min(ours["taken"], shop["taken"])}

    def set_faults(self, *faults: Any) -> None:
        """Replace the faults of both."""
        super().set_faults(*faults)
        self._shop.set_faults(*faults)

    def set_latency(self, seconds: float, jitter: float = 0.0) -> None:
        """Set how long the answers of both take."""
        super().set_latency(seconds, jitter)
        self._shop.set_latency(seconds, jitter)

    def make_due(self, *client_tags: str) -> list[str]:
        """Send reservations of either now."""
        return [*super().make_due(*client_tags), *self._shop.make_due(*client_tags)]
