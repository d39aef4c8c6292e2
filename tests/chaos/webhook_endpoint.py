"""A webhook endpoint in a run: `zettai webhooks`, a receiver, and what it got. Both processes are killed."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.chaos.fault_schedule import RECEIVER, WEBHOOKS
from tests.chaos.restarter import Restarter
from tests.support import webhook_receiver
from tests.support.servers import free_port
from tests.support.webhooks import SECRET, open_group, table

from zettai.core.store import WorkerStore
from zettai_demo.stack.supervisor import COMMAND
from zettai_worker.webhooks.endpoints import reader_group

NAME = "chaos"


class WebhookEndpoint:
    """An endpoint that gets all events of the run."""

    def __init__(self, folder: Path) -> None:
        self._port = free_port()
        self._journal = folder / "received"
        self._file = folder / "webhooks.toml"
        self._file.write_text(table(f"http://127.0.0.1:{self._port}/", name=NAME), encoding="utf-8")

    @property
    def settings(self) -> Mapping[str, str]:
        """The settings of the webhook process, with short times."""
        return {
            "WEBHOOKS_FILE": str(self._file),
            "WEBHOOK_TIMEOUT": "2",
            "WEBHOOK_RETRY_AFTER": "0.3",
            "WEBHOOK_RETRY_CAP": "2",
        }

    @property
    def received(self) -> Sequence[str]:
        """The ids of the events that the receiver got, in the order of arrival."""
        return webhook_receiver.received_ids(self._journal)

    def start(self, store: WorkerStore, restarter: Restarter) -> None:
        """Start both processes. The endpoint gets the events from the beginning."""
        open_group(store.redis, store.keys, NAME)
        restarter.add_command(
            RECEIVER, [sys.executable, webhook_receiver.__file__, str(self._port), SECRET, str(self._journal)]
        )
        restarter.add_command(WEBHOOKS, [*COMMAND[:-1], "webhooks"])

    def work_left(self, store: WorkerStore) -> dict[str, int]:
        """Return how many events are not delivered, by where they are."""
        [group] = [one for one in store.redis.xinfo_groups(store.keys.events) if one["name"] == reader_group(NAME)]
        sizes = {
            "events not read": int(group["lag"] or 0),
            "events not acknowledged": int(group["pending"]),
            store.keys.webhook_retries(NAME): store.redis.hlen(store.keys.webhook_retries(NAME)),
            store.keys.webhook_given_up(NAME): store.redis.zcard(store.keys.webhook_given_up(NAME)),
        }
        return {name: size for name, size in sizes.items() if size}
