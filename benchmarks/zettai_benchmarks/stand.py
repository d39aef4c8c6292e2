"""Everything ours on a stand: Valkey, the simulator and `zettai worker`, each a real process, and a client in this one.

The simulator refuses nothing, so that what arrives is what our own limit let through. Linux only: processor time and
memory are read in /proc.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from redis import Redis
from tests.support.servers import valkey

from zettai import Settings, SmsClient
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai_benchmarks.figures import PARTS, Sample, figures
from zettai_benchmarks.measure import cpu_seconds, pack
from zettai_simulator import SimulatorProcess
from zettai_simulator.clock import SECOND, now
from zettai_simulator.settings import TOKEN

LATENCY = 0.1
"""Seconds that the provider takes for an answer."""

LIMIT = 600
"""Calls a second, as the product has it unless told otherwise."""

BODY = "こんにちは、荷物は明日届きます。"
SEND = "mt"
"""The endpoint of a send, as the simulator names it."""

PATIENCE = 90.0
"""Seconds until what is awaited counts as missing."""

GRACE = 30.0
"""Seconds that workers have to end in order."""


class StandError(RuntimeError):
    """A process of the stand did not do as it should; the text is the end of its log."""


class Stand:
    """What runs in production, on one machine.

    Args:
        settings: those of the product, without `ZETTAI_`, such as `RATE_LIMIT="100000/second"`.
        simulator: more flags of the simulator.
    """

    def __init__(self, *, simulator: Mapping[str, Any] | None = None, **settings: str) -> None:
        self._flags = {"limit": 0, "latency": LATENCY, **(simulator or {})}
        self._settings = settings
        self._stack = ExitStack()
        self._worker: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._stack as stack:
            self.folder = Path(stack.enter_context(TemporaryDirectory(prefix="zettai-bench-")))
            self.redis_url = str(stack.enter_context(valkey(self.folder)).connection_url)
            self.simulator = stack.enter_context(SimulatorProcess(**self._flags))
            self.redis: Redis = stack.enter_context(connect(self.redis_url))
            self.client = stack.enter_context(SmsClient(Settings.load(redis_url=self.redis_url)))
            self.store = WorkerStore(self.redis, Keys("zettai"))
            stack.callback(self.stop_worker)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def environment(self) -> dict[str, str]:
        """What our processes are told."""
        ours = {
            "REDIS_URL": self.redis_url,
            "API_URL": self.simulator.url,
            "TOKEN": TOKEN,
            "CLIENT_ID": "1234",
            "SMS_CODE": "12345",
            "LOG_FORMAT": "json",
            **self._settings,
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ZETTAI_", "CELERY_"))}
        return kept | {f"ZETTAI_{name}": value for name, value in ours.items()}

    @property
    def redis_pid(self) -> int:
        """Of the server."""
        return int(self.redis.info("server")["process_id"])

    def start_worker(self, *words: str, wait: bool = True) -> None:
        """Run `zettai worker` with these words, and wait until all its processes ask for tasks.

        Args:
            words: options of the command.
            wait: for that; where a backlog stands, workers are busy before anybody can see them ask.
        """
        command = [str(Path(sys.executable).with_name("zettai")), "worker", *words]
        planned = subprocess.run([*command, "--plan", "--json"], check=True, capture_output=True).stdout
        asking = sum(bool(process["threads"]) for process in json.loads(planned)["processes"])
        with self._log.open("ab") as log:
            self._worker = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        if wait:
            self.wait_for(lambda: self.redis.info("clients")["blocked_clients"] >= asking)

    def stop_worker(self) -> None:
        """End it, by force if need be."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        worker.terminate()
        with suppress(subprocess.TimeoutExpired):
            worker.wait(GRACE)
        worker.kill()  # its children end with it
        worker.wait()

    def wait_for(self, what: Callable[[], object], patience: float = PATIENCE) -> None:
        """Wait until something is true.

        Raises:
            StandError: the worker has ended, or nothing came of it.
        """
        deadline = time.monotonic() + patience
        while not what():
            if time.monotonic() > deadline or (self._worker is not None and self._worker.poll() is not None):
                raise StandError(self._log.read_text(errors="replace")[-2000:] if self._log.exists() else "nothing")
            time.sleep(0.05)

    def fill(self, count: int, **keywords: Any) -> float:
        """Enqueue so many messages by `send_many`; answers how many seconds it took."""
        items = ({"to": f"0901234{number % 1000:04}", "body": BODY, **keywords} for number in range(count))
        began = time.monotonic()
        taken = sum(result.ok for result in self.client.send_many(items))
        took = time.monotonic() - began
        if taken != count:
            raise StandError(f"send_many took {taken} of {count} messages")
        return took

    def parts(self) -> dict[str, list[int]]:
        """Whose processor time is told apart: the processes, with all that descend from them."""
        worker = [] if self._worker is None else [self._worker.pid]
        return dict(zip(PARTS, (worker, [self.redis_pid], [self.simulator.pid]), strict=True))

    def watch(self, seconds: float) -> Iterator[Sample]:
        """A sample now, and one after each second until the time is over."""
        yield from watch(self.parts(), seconds)

    def calls(self) -> list[tuple[int, str]]:
        """Instant and endpoint of each call that arrived."""
        return self.simulator.arrivals()

    def wait_for_calls(self) -> None:
        """Wait for the first."""
        self.wait_for(self.calls)

    def run(self, limit: int, samples: list[Sample]) -> dict[str, Any]:
        """Figures, samples and arrivals of what went on so far."""
        calls = self.calls()
        instants = [instant for instant, _ in calls]
        sends = [instant for instant, endpoint in calls if endpoint == SEND]
        return {
            "figures": {"sends": len(sends), **figures(limit, instants, sends, samples)},
            "samples": samples,
            "arrivals": pack(instants),
        }

    @property
    def _log(self) -> Path:
        return self.folder / "worker.log"


def watch(parts: Mapping[str, list[int]], seconds: float) -> Iterator[Sample]:
    """The processor time of parts now, and after each second until the time is over."""
    end = now() + round(seconds * SECOND)
    while True:
        yield {"at": now(), **{part: cpu_seconds(pids) for part, pids in parts.items()}}
        if now() >= end:
            return
        time.sleep(min(1.0, max(0.0, (end - now()) / SECOND)))
