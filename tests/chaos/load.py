"""What producers request while faults are injected: campaigns, single messages, reservations, cancels."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from random import Random
from threading import Event
from typing import Any, TypeVar
from zlib import crc32

from tests.chaos.campaign_changes import CAMPAIGNS, HELD, change_campaigns
from tests.chaos.mix import GROUPS, Mix
from tests.chaos.provider_faults import FORBIDDEN
from tests.support.accounts import SHOP

from zettai import CancelOutcome, Lane, LedgerUnavailable, Message, SmsClient, StoreFull
from zettai.core.store import MessageStore
from zettai.core.times import now
from zettai_demo.recipients import Recipients
from zettai_demo.request_log import RequestLog
from zettai_simulator import SimulatorProcess

Answer = TypeVar("Answer")

BATCH = 100
"""Messages of a campaign that are sent by one call."""

RETRY_TIMEOUT = 60.0
"""Seconds after which a producer gives up: Redis is never away for so long."""

FAR = timedelta(hours=3)
"""A reservation this far ahead ends only by a cancel, or when the simulator makes it due."""

AHEAD = {
    "near": timedelta(seconds=30),
    **dict.fromkeys(("kept", "soon"), timedelta(minutes=3)),
    **dict.fromkeys(("canceled", "late", "grouped", "corrected", "opted_out_reserved", "moved", "chased", "held"), FAR),
}
"""How far ahead the kinds are that have a send time: further than a producer has to retry while Redis is away."""

SENDER = "77777"
"""The sender code that a quarter of the messages name. Another quarter is sent by the account `shop`."""

NOTE = "a note on {}"
"""The metadata of a message."""

HALF = 0.5

BODY = "chaos {}\r\n配信停止 https://ai9.jp/0PT0UT 😀 "
"""A text that the provider rewrites; the client tag makes it different from all others."""

EXPIRES_IN = {
    "urgent": timedelta(hours=1),
    "raced": timedelta(seconds=5),
    "forbidden": timedelta(seconds=10),
}
"""The kinds that do not expire after the usual time."""


class Load:
    """Two producers, one of campaigns and one of everything else, and an operator. Each message has a text of its own.

    Attributes:
        log: what was accepted, and the outcomes of cancels.
        retries: how often Redis did not answer or was full, and the producer tried again with the same client tags.
        campaign_changes: how often a campaign was paused, resumed, paced or kept to a window.
        canceled_groups: groups whose cancel was requested.
        corrected: the client tags of corrected messages, and of the successors of reservations.
    """

    def __init__(self, client: SmsClient, simulator: SimulatorProcess, mix: Mix, seed: int, stopping: Event) -> None:
        self.log = RequestLog()
        self.retries = 0
        self.campaign_changes = 0
        self.canceled_groups: list[str] = []
        self.corrected: list[str] = []
        self._opted_out: list[str] = []
        self._client = client
        self._simulator = simulator
        self._mix = mix
        self._seed = seed
        self._stopping = stopping

    def send_campaigns(self) -> None:
        """Send the bulk messages, spread evenly over the time."""
        mix, recipients = self._mix, Recipients(self._seed)
        started = time.monotonic()
        for first in range(0, mix.bulk, BATCH):
            self._wait_until(started + mix.seconds * first / mix.bulk)
            numbers = range(first, min(first + BATCH, mix.bulk))
            group = CAMPAIGNS[first // BATCH % len(CAMPAIGNS)]
            items = [self._item(f"bulk-{number:05}", recipients, group=group) for number in numbers]
            self._retry(partial(self._send_all, items))
            for item in items:
                self._accepted(item, Lane.BULK)

    def change_campaigns(self) -> None:
        """Pause, pace and open the campaigns while their messages are sent."""
        self.campaign_changes = change_campaigns(
            self._client, self._retry, self._stopping, self._seed, self._mix.seconds
        )

    def send_singles(self) -> None:
        """Send everything else in a random order, spread evenly over the time, and cancel some of it."""
        mix, recipients, random = self._mix, Recipients(self._seed + 1), Random(self._seed + 2)
        self._reserve(recipients)
        single_kinds = ("normal", "urgent", "near", "raced", "forbidden", "opted_out")
        kinds = [kind for kind in single_kinds for _ in range(getattr(mix, kind))]
        changes = [
            f"{kind}-{number}" for kind in ("canceled", "moved", "chased") for number in range(getattr(mix, kind))
        ]
        random.shuffle(changes)
        share_of_changes = 2 * len(changes) / len(kinds)
        random.shuffle(kinds)
        started = time.monotonic()
        for number, kind in enumerate(kinds):
            self._wait_until(started + mix.seconds * number / len(kinds))
            if kind == "opted_out":
                self._opt_out(recipients, random)
            else:
                self._send(f"{kind}-{number:05}", kind, recipients)
            if number == len(kinds) // 3:
                self._cancel_group("soon", recipients)
            if kind == "raced":
                self._stopping.wait(random.choice([0.0, 0.02, 0.05, 0.3]))
                self._change(f"{kind}-{number:05}", replaces=random.random() < HALF)
            if changes and random.random() < share_of_changes:
                self._change(changes.pop())
        for tag in changes:
            self._change(tag)
        self._cancel_late()
        self._cancel_group("grouped", recipients)

    def follow_held(self, store: MessageStore) -> list[Message]:
        """Log the successors that pauses have made of held reservations. Return the messages that are sent."""
        roots = {f"held-{number}": f"held-{number}" for number in range(self._mix.held)}
        ends: list[Message] = []
        while roots:
            following: dict[str, str] = {}
            for message in store.messages(roots):
                root = roots[message.client_tag]
                if message.replaced_by is None:
                    ends.append(message)
                    continue
                successor = replace(self.log.requests[root], client_tag=message.replaced_by)
                self.log.successors[message.client_tag] = successor
                following[message.replaced_by] = root
            roots = following
        return ends

    def _opt_out(self, recipients: Recipients, random: Random) -> None:
        """Suppress the next number while workers send to it."""
        number, left = self._opted_out.pop(), len(self._opted_out)
        self._send(f"opted_out-{left}-before", "normal", recipients, to=number)
        self._stopping.wait(random.choice([0.0, 0.02, 0.05, 0.3]))
        self._retry(lambda: self._client.suppressions.add(number))
        self.log.add_suppression(number)
        self._send(f"opted_out-{left}-after", "urgent", recipients, to=number)

    def _reserve(self, recipients: Recipients) -> None:
        for kind in ("kept", "canceled", "grouped", "late", "soon", "moved", "chased", "held"):
            for number in range(getattr(self._mix, kind)):
                self._send(f"{kind}-{number}", kind, recipients)
        for number in range(self._mix.opted_out):
            self._opted_out.append(recipients.reachable())
            self._send(f"opted_out-{number}-reserved", "opted_out_reserved", recipients, to=self._opted_out[-1])

    def _cancel_late(self) -> None:
        late = [f"late-{number}" for number in range(self._mix.late)]
        if late:
            self._simulator.make_due(*late)
        for tag in late:
            self._cancel(tag)

    def _cancel_group(self, kind: str, recipients: Recipients) -> None:
        """Cancel a group, and reserve corrected messages in it at once."""
        size, group = getattr(self._mix, kind), GROUPS[kind]
        if not size:
            return
        self._retry(lambda: self._client.cancel_group(group))
        self.log.cancels.update({f"{kind}-{number}": CancelOutcome.PENDING for number in range(size)})
        self.canceled_groups.append(group)
        for number in range(self._mix.corrected):
            tag = f"corrected-{kind}-{number}"
            self.corrected.append(tag)
            self._send(tag, "corrected", recipients, group=group)

    def _send_all(self, items: list[dict[str, Any]]) -> None:
        for result in self._client.send_many(items):
            if result.error is not None:
                raise result.error

    def _send(self, tag: str, kind: str, recipients: Recipients, **options: Any) -> None:
        item = self._item(tag, recipients, **self._options(kind), **options)
        if kind == "forbidden":
            item["to"] = f"+81{FORBIDDEN}"
        self._retry(lambda: self._client.send(**item))
        self._accepted(item, item["lane"], short_lived=kind in {"raced", "forbidden"})

    def _options(self, kind: str) -> dict[str, Any]:
        options: dict[str, Any] = {"lane": Lane.URGENT if kind == "urgent" else Lane.NORMAL}
        if kind in AHEAD:
            options["send_at"] = now() + AHEAD[kind]
        if kind in EXPIRES_IN:
            options["expires_in"] = EXPIRES_IN[kind]
        if kind in GROUPS:
            options["group"] = GROUPS[kind]
        if kind == "held":
            options["group"] = HELD
        return options

    def _item(self, tag: str, recipients: Recipients, **options: Any) -> dict[str, Any]:
        item = {"to": recipients.any_number(), "body": BODY.format(tag), "client_tag": tag, **options}
        kind = crc32(tag.encode()) % 4
        item |= {"sender": SENDER if kind == 0 else None, "account": SHOP if kind == 1 else None}
        return {**item, "metadata": {"note": NOTE.format(tag)}}

    def _accepted(self, item: dict[str, Any], lane: Lane, *, short_lived: bool = False) -> None:
        self.log.add(
            item["client_tag"], item["to"], item["body"], lane, scheduled="send_at" in item, short_lived=short_lived
        )

    def _cancel(self, tag: str) -> None:
        self.log.cancels[tag] = self._retry(lambda: self._client.cancel(tag))

    def _change(self, tag: str, *, replaces: bool = False) -> None:
        """Cancel or replace a message, as its kind says."""
        kind = tag.partition("-")[0]
        if kind == "chased":
            self._simulator.make_due(tag)
        if replaces or kind in {"moved", "chased"}:
            self._replace(tag)
        else:
            self._cancel(tag)

    def _replace(self, tag: str) -> None:
        new_tag = f"corrected-{tag}"
        body = BODY.format(new_tag)
        self.log.add_successor(tag, new_tag, body)
        self._retry(lambda: self._client.replace(tag, body=body, client_tag=new_tag))
        if tag.startswith(("moved", "chased")):
            self.corrected.append(new_tag)

    def _retry(self, call: Callable[[], Answer]) -> Answer:
        """Call until Redis answers and has room, which is safe after `LedgerUnavailable` and `StoreFull`."""
        deadline = time.monotonic() + RETRY_TIMEOUT
        while True:
            try:
                return call()
            except (LedgerUnavailable, StoreFull):
                self.retries += 1
                if time.monotonic() > deadline:
                    raise
                self._stopping.wait(0.2)

    def _wait_until(self, instant: float) -> None:
        self._stopping.wait(max(0.0, instant - time.monotonic()))
