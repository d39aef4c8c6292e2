"""Python runs a file of this name when it starts with this folder in PYTHONPATH: it measures the steps of a worker.

Only in Celery's worker processes, and only if `PROFILE_FOLDER` names the folder for the results.
A thread's clock counts what it computed, not what it waited for. `profile.py` starts the workers and reads them.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

STEPS = {
    "task": ("zettai_worker.engine", "Engine.add"),
    "turns": ("zettai.core.store.turns", "TurnStore.take_turns"),
    "claim": ("zettai_worker.sending.sender", "Sender.take"),
    "record": ("zettai_worker.sending.sender", "Sender.record"),
    "attempt": ("zettai_worker.sending.sender", "Sender.call"),
    "call": ("zettai_worker.provider.client", "ProviderClient.send"),
    "exchange": ("zettai_worker.provider.transport", "Transport.exchange"),
    "slot": ("zettai_worker.limiter.limiter", "Limiter.acquire"),
    "book": ("zettai_worker.limiter.storage", "SlotStorage.book"),
}
"""The measured methods; `call` is part of `attempt`, `exchange` of `call`, and `slot` of `exchange`."""


def put_a_clock(module: str, path: str, clock: list[float]) -> None:
    """Wrap a method so that its calls and its processor seconds are added to a clock."""
    name, method = path.split(".")
    owner = getattr(import_module(module), name)
    inner: Callable[..., Any] = getattr(owner, method)

    def timed(*args: Any, **keywords: Any) -> Any:
        began = time.thread_time()
        try:
            return inner(*args, **keywords)
        finally:
            clock[0] += 1
            clock[1] += time.thread_time() - began

    setattr(owner, method, timed)


def watch(folder: Path) -> None:
    """Wait until the worker has loaded its services, wrap the methods, and write the clocks each second."""
    while "zettai_worker.runtime" not in sys.modules:
        time.sleep(0.1)
    time.sleep(0.5)
    clocks = {name: [0.0, 0.0] for name in STEPS}
    for name, (module, path) in STEPS.items():
        put_a_clock(module, path, clocks[name])
    while True:
        time.sleep(1)
        written = folder / f"{os.getpid()}.new"
        written.write_text(json.dumps(clocks | {"process": [0.0, time.process_time()]}), encoding="utf-8")
        written.replace(folder / f"{os.getpid()}.json")


if "PROFILE_FOLDER" in os.environ and {"zettai_worker", "worker"} <= set(sys.orig_argv):
    threading.Thread(target=watch, args=(Path(os.environ["PROFILE_FOLDER"]),), daemon=True).start()
