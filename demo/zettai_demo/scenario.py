"""The scenario of the demo: the requests of a web application, and the faults. It uses only the public API."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from time import sleep, time
from typing import Any

from zettai import CancelOutcome, Carrier, InvalidMessage, Lane, State
from zettai.core.times import JST
from zettai_demo.faults import FAULT_SECONDS, FAULTS, FORBIDDEN, SENT_WITH_FAULTS
from zettai_demo.observer import Observer, Snapshot
from zettai_demo.progress import Progress
from zettai_demo.recipients import Recipients
from zettai_demo.request_log import GroupCancelResult, RequestLog
from zettai_demo.stack import Stack, StackError, Supervisor

PASSWORD_INTERVAL = 0.2
"""Seconds between two one-time passwords."""

FAR_AHEAD = timedelta(hours=1)
"""A message this far ahead is reserved at the provider."""

GROUP = "autumn-sale-osaka"

INVALID = (("0312345678", "Hello"), ("+14155550100", "Hello"), ("09012345678", ""), ("09012345678", "あ" * 661))
"""Numbers and texts that the provider would reject."""

STEP_TIMEOUT = 60.0
"""Seconds that a step may take."""

FINISH_TIMEOUT = 80.0
"""Seconds that all messages may take to reach a final state."""


@dataclass(frozen=True, slots=True)
class Size:
    """The number of messages of each kind."""

    campaign: int

    @property
    def small(self) -> int:
        """Messages of each of the smaller kinds."""
        return max(4, self.campaign // 200)

    @property
    def before_faults(self) -> int:
        """Messages of the campaign that the provider accepts before the faults begin."""
        return max(0, self.campaign - SENT_WITH_FAULTS)

    @property
    def has_next_minute(self) -> bool:
        """Whether the demo is long enough for messages that are sent at the next full minute."""
        return self.campaign > SENT_WITH_FAULTS


@dataclass(frozen=True, slots=True)
class Reservations:
    """Client tags of messages that are reserved at the provider, by what happens to them."""

    canceled: Sequence[str]
    too_late: Sequence[str]
    grouped: Sequence[str]

    def __len__(self) -> int:
        return len(self.canceled) + len(self.too_late) + len(self.grouped)


class Scenario:
    """Runs once.

    Attributes:
        saturated: begin and end (seconds since the epoch) of the time in which more waited than could be sent,
            without faults; None if there was none.
    """

    def __init__(
        self,
        stack: Stack,
        supervisor: Supervisor,
        observer: Observer,
        log: RequestLog,
        progress: Progress,
        *,
        size: Size,
        seed: int,
    ) -> None:
        self.saturated: tuple[float, float] | None = None
        self._client = stack.client
        self._simulator = stack.simulator
        self._supervisor = supervisor
        self._observer = observer
        self._log = log
        self._progress = progress
        self._size = size
        self._recipients = Recipients(seed)
        self._single_recipients = Recipients(seed + 1)
        self._stopping = Event()

    def run(self) -> bool:
        """Run the scenario; return whether all messages reached a final state in time."""
        self._progress.begin("Starting the workers and sending a first message")
        self._supervisor.wait_until_ready()
        self._send("hello", self._recipients.reachable(), "ようこそ。", Lane.NORMAL)
        self._wait_for(lambda seen: seen.accepted > 0, "the provider accepts the first message")
        self._send_invalid()
        with ThreadPoolExecutor(1, thread_name_prefix="singles") as pool:
            singles = pool.submit(self._send_singles)
            try:
                self._run_steps()
            finally:
                self._stopping.set()
            singles.result()
        self._progress.begin("Waiting for the last results: retries, late failures, the next full minute")
        return self._observer.wait_for(self._is_finished, FINISH_TIMEOUT)

    def _run_steps(self) -> None:
        reservations = self._reserve()
        campaign = self._send_campaign()
        queued_at = time()
        self._progress.begin("Sending the campaign at full speed, with five one-time passwords a second")
        self._cancel(campaign[-3 * self._size.small :][: self._size.small], "queued messages")
        self._wait_for(lambda seen: seen.count(State.SCHEDULED) >= len(reservations), "all reservations are made")
        self._cancel(reservations.canceled, "reservations")
        self._cancel_group([*reservations.grouped, *campaign[-self._size.small :]])
        if before_faults := self._size.before_faults:
            self._wait_for(lambda seen: seen.accepted >= before_faults, "the first part of the campaign is sent")
            self.saturated = (queued_at, time())
        self._inject_faults()
        self._progress.begin("Sending the rest of the campaign, with retries")
        self._simulator.make_due(*reservations.too_late)
        self._cancel(reservations.too_late, "reservations that were just sent")
        self._wait_for(lambda seen: seen.count(State.QUEUED) <= self._size.small, "the campaign is sent")

    def _send_invalid(self) -> None:
        for to, body in INVALID:
            try:
                self._client.send(to, body)
            except InvalidMessage as error:
                self._log.refused.append(str(error))
                self._progress.add(f"Rejected an invalid message: {error}")

    def _reserve(self) -> Reservations:
        self._progress.begin("Sending reservations, and messages whose failure au (KDDI) reports late")
        small = self._size.small
        for number in range(small):
            to = self._recipients.unreachable_at_kddi()
            self._send(f"late-failure-{number}", to, "お知らせです。", Lane.NORMAL, carrier=Carrier.KDDI)
        if self._size.has_next_minute:
            soon = [self._send_later("next-minute", number, timedelta(seconds=1)) for number in range(small)]
            self._cancel(soon[: small // 4], "messages that wait for the next minute")
        return Reservations(
            canceled=[self._send_later("canceled-in-time", number, FAR_AHEAD) for number in range(small)],
            too_late=[self._send_later("canceled-too-late", number, FAR_AHEAD) for number in range(small // 2)],
            grouped=[self._send_later("grouped", number, FAR_AHEAD, group=GROUP) for number in range(small)],
        )

    def _send_campaign(self) -> list[str]:
        self._progress.begin(f"Adding a campaign of {self._size.campaign:,} messages")
        tags = []
        for result in self._client.send_many(self._campaign()):
            if result.message is None:
                raise result.error or RuntimeError("a result has neither a message nor an error")
            tags.append(result.message.client_tag)
        return tags

    def _campaign(self) -> Iterator[dict[str, Any]]:
        for number in range(self._size.campaign):
            tag, to = f"campaign-{number:06}", self._recipients.any_number()
            body = f"秋のセール開催中🍁お客様番号 {number:06}\r\n配信停止 https://ai9.jp/0PT0UT"
            self._log.add(tag, to, body, Lane.BULK)
            grouped = {"group": GROUP} if number >= self._size.campaign - self._size.small else {}
            yield {"to": to, "body": body, "client_tag": tag, **grouped}

    def _send_singles(self) -> None:
        """Send one-time passwords and some other single messages for as long as the campaign lasts."""
        number, recipients = 0, self._single_recipients
        while not self._stopping.wait(PASSWORD_INTERVAL):
            number += 1
            body = f"認証コード {recipients.password()}"
            self._send(f"password-{number}", recipients.reachable(), body, Lane.URGENT)
            if number % 3 == 0:
                self._send(f"order-{number}", recipients.reachable(), "ご注文を承りました。", Lane.NORMAL)

    def _inject_faults(self) -> None:
        self._progress.begin("Injecting faults at the provider")
        self._simulator.set_faults(*(fault.to_json() for fault in FAULTS))
        self._progress.faults = tuple(fault.label for fault in FAULTS)
        self._send("forbidden", FORBIDDEN, "ご注文を承りました。", Lane.NORMAL)
        sleep(FAULT_SECONDS / 4)
        name = self._supervisor.kill_worker()
        self._progress.add(f"Killed the worker process {name} (SIGKILL); its supervisor starts it again")
        sleep(FAULT_SECONDS * 3 / 4)
        self._simulator.set_faults()
        self._progress.faults = ()

    def _cancel(self, client_tags: Sequence[str], what: str) -> None:
        outcomes = [self._client.cancel(client_tag) for client_tag in client_tags]
        self._log.cancels.update(zip(client_tags, outcomes, strict=True))
        self._progress.add(f"Cancel of {len(outcomes)} {what}: {_counted(outcomes)}")

    def _cancel_group(self, client_tags: Sequence[str]) -> None:
        counts = self._client.cancel_group(GROUP)
        self._log.groups.append(GroupCancelResult(client_tags, counts))
        text = f"{counts.canceled} canceled, {counts.pending} pending"
        self._progress.add(f"Cancel of a group of {len(client_tags)} messages: {text}")

    def _send_later(self, kind: str, number: int, ahead: timedelta, group: str | None = None) -> str:
        tag, to = f"{kind}-{number}", self._recipients.reachable()
        at = datetime.now(JST) + ahead
        return self._send(tag, to, "ご予約の日が近づきました。", Lane.NORMAL, send_at=at, group=group)

    def _send(self, client_tag: str, to: str, body: str, lane: Lane, **options: Any) -> str:
        self._log.add(client_tag, to, body, lane, scheduled="send_at" in options)
        self._client.send(to, body, client_tag=client_tag, lane=lane, **options)
        return client_tag

    def _is_finished(self, seen: Snapshot) -> bool:
        return seen.unfinished == 0 and seen.requested == len(self._log.requests)

    def _wait_for(self, condition: Callable[[Snapshot], bool], expected: str) -> None:
        if not self._observer.wait_for(condition, STEP_TIMEOUT):
            end = self._supervisor.log_end()
            raise StackError(f"expected within {STEP_TIMEOUT:.0f} s: {expected}; the workers' log ends with: {end}")


def _counted(outcomes: Sequence[CancelOutcome]) -> str:
    return ", ".join(f"{outcomes.count(one)} {one.replace('_', ' ')}" for one in CancelOutcome if one in outcomes)
