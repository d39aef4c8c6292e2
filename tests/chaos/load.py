"""What producers ask for while the storm goes on: campaigns, single messages, reservations, cancels. By the seed."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from random import Random
from threading import Event
from typing import Any, TypeVar

from tests.chaos.evidence import Asked

from zettai import CancelOutcome, Lane, LedgerUnavailable, SmsClient
from zettai.core.times import now
from zettai_demo.recipients import Audience
from zettai_simulator import SimulatorProcess

Answer = TypeVar("Answer")

BATCH = 100
"""Messages of a campaign that are given at once."""

PATIENCE = 60.0
"""Seconds after which a producer gives up: Redis is never away for so long."""

FAR = timedelta(hours=3)
"""So far ahead that only a cancel, or the provider's lever, ends a reservation."""

AHEAD = {
    "near": timedelta(seconds=30),
    "kept": timedelta(minutes=3),
    **dict.fromkeys(("canceled", "late", "grouped"), FAR),
}
"""How far ahead the kinds are that are sent later: further than a producer has to insist while Redis is away."""

GROUP = "chaos-group"


@dataclass(frozen=True, slots=True)
class Mix:
    """How many messages of each kind, and the seconds over which they come.

    Attributes:
        canceled: reservations, canceled one by one.
        grouped: reservations, canceled together.
        late: reservations that the provider sends before they are canceled.
        kept: reservations that go out at their time, 3 minutes ahead.
        near: messages for the next minute, which wait here.
        raced: single messages, canceled while workers send them.
    """

    bulk: int
    normal: int
    urgent: int
    canceled: int
    grouped: int
    late: int
    kept: int = 0
    near: int = 0
    raced: int = 0
    seconds: float = 60.0

    @property
    def total(self) -> int:
        """All of them."""
        kinds = (self.bulk, self.normal, self.urgent, self.canceled, self.grouped, self.late)
        return sum(kinds) + self.kept + self.near + self.raced


class Load:
    """Two producers: one of campaigns, one of everything else. Each message has a text of its own.

    Attributes:
        asked: what was accepted.
        told: the last answer to each cancel.
        refusals: how often Redis did not answer, and the producer tried again with the same tags.
    """

    def __init__(self, client: SmsClient, simulator: SimulatorProcess, mix: Mix, seed: int, over: Event) -> None:
        self.asked: dict[str, Asked] = {}
        self.told: dict[str, CancelOutcome] = {}
        self.refusals = 0
        self._client = client
        self._simulator = simulator
        self._mix = mix
        self._seed = seed
        self._over = over

    def send_campaigns(self) -> None:
        """Give the bulk messages, evenly over the time."""
        mix, audience = self._mix, Audience(self._seed)
        began = time.monotonic()
        for first in range(0, mix.bulk, BATCH):
            self._wait_until(began + mix.seconds * first / mix.bulk)
            items = [self._item(f"bulk-{number:05}", audience) for number in range(first, min(first + BATCH, mix.bulk))]
            self._insist(partial(self._send_all, items))
            self._accept(items)

    def send_singles(self) -> None:
        """Give everything else in a random order, evenly over the time, and cancel what is to be canceled."""
        mix, audience, random = self._mix, Audience(self._seed + 1), Random(self._seed + 2)
        self._reserve(audience)
        kinds = [*["normal"] * mix.normal, *["urgent"] * mix.urgent, *["near"] * mix.near, *["raced"] * mix.raced]
        cancels = [*(f"canceled-{number}" for number in range(mix.canceled))]
        random.shuffle(kinds)
        began = time.monotonic()
        for number, kind in enumerate(kinds):
            self._wait_until(began + mix.seconds * number / len(kinds))
            self._send(f"{kind}-{number:05}", kind, audience)
            if kind == "raced":
                self._over.wait(random.choice([0.0, 0.02, 0.05, 0.3]))
                self._cancel(f"{kind}-{number:05}")
            if cancels and random.random() < 2 * mix.canceled / len(kinds):
                self._cancel(cancels.pop())
        for tag in cancels:
            self._cancel(tag)
        self._cancel_the_rest()

    def _reserve(self, audience: Audience) -> None:
        for kind in ("kept", "canceled", "grouped", "late"):
            for number in range(getattr(self._mix, kind)):
                self._send(f"{kind}-{number}", kind, audience)

    def _cancel_the_rest(self) -> None:
        late = [f"late-{number}" for number in range(self._mix.late)]
        if late:
            self._simulator.make_due(*late)
        for tag in late:
            self._cancel(tag)
        if self._mix.grouped:
            self._insist(lambda: self._client.cancel_group(GROUP))
            self.told |= {f"grouped-{number}": CancelOutcome.PENDING for number in range(self._mix.grouped)}

    def _send_all(self, items: list[dict[str, Any]]) -> None:
        for receipt in self._client.send_many(items):
            if receipt.error is not None:
                raise receipt.error

    def _send(self, tag: str, kind: str, audience: Audience) -> None:
        item = self._item(tag, audience, **self._options(kind))
        self._insist(lambda: self._client.send(**item))
        self._accept([item], brief=kind == "raced")

    def _options(self, kind: str) -> dict[str, Any]:
        options: dict[str, Any] = {"lane": Lane.URGENT if kind == "urgent" else Lane.NORMAL}
        if kind in AHEAD:
            options["send_at"] = now() + AHEAD[kind]
        if kind in {"urgent", "raced"}:
            options["expires_in"] = timedelta(hours=1) if kind == "urgent" else timedelta(seconds=5)
        if kind == "grouped":
            options["group"] = GROUP
        return options

    def _item(self, tag: str, audience: Audience, **options: Any) -> dict[str, Any]:
        return {"to": audience.anybody(), "body": f"chaos {tag}", "client_tag": tag, **options}

    def _accept(self, items: list[dict[str, Any]], *, brief: bool = False) -> None:
        for item in items:
            tag = item["client_tag"]
            self.asked[tag] = Asked(tag, item["to"], item["body"], brief)

    def _cancel(self, tag: str) -> None:
        self.told[tag] = self._insist(lambda: self._client.cancel(tag))

    def _insist(self, call: Callable[[], Answer]) -> Answer:
        """Call until Redis answers, as `LedgerUnavailable` says is safe."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return call()
            except LedgerUnavailable:
                self.refusals += 1
                if time.monotonic() > deadline:
                    raise
                self._over.wait(0.2)

    def _wait_until(self, instant: float) -> None:
        self._over.wait(max(0.0, instant - time.monotonic()))


def sample(asked: Mapping[str, Asked], random: Random, count: int) -> Iterator[str]:
    """Some of the tags that were accepted so far."""
    tags = list(asked)
    return iter(random.sample(tags, min(count, len(tags))))
