"""The play: what a web app asks for in the demo, and what goes wrong meanwhile. All of it by the public API."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from time import sleep, time
from typing import Any

from zettai import CancelOutcome, Carrier, InvalidMessage, Lane, SmsClient, State
from zettai.core.times import JST
from zettai_demo.faults import FAULTS, FAULTS_LAST, FAULTY
from zettai_demo.observer import Observer, Snapshot
from zettai_demo.provider import Provider
from zettai_demo.recipients import Audience
from zettai_demo.requests import Diary, GroupTold
from zettai_demo.workers import Crew

PASSWORD_EVERY = 0.2
"""Seconds from one one-time password to the next."""

AHEAD = timedelta(hours=1)
"""So far ahead that the provider keeps the reservation."""

GROUP = "autumn-sale-osaka"

INVALID = (("0312345678", "Hello"), ("+14155550100", "Hello"), ("09012345678", ""), ("09012345678", "あ" * 661))
"""Numbers and texts that the provider would refuse."""

PATIENCE = 60.0
"""Seconds that any step may take."""


class StuckError(RuntimeError):
    """The play cannot go on."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many messages of each kind there are, out of the campaign's size."""

    campaign: int

    @property
    def few(self) -> int:
        """Messages of each of the smaller kinds."""
        return max(4, self.campaign // 200)

    @property
    def clean(self) -> int:
        """Messages of the campaign that are taken before anything goes wrong."""
        return max(0, self.campaign - FAULTY)

    @property
    def waits_for_the_minute(self) -> bool:
        """Whether the play is long enough for messages that go out at the next full minute."""
        return self.campaign > FAULTY


@dataclass(frozen=True, slots=True)
class Reservations:
    """Messages that the provider keeps for later, by what becomes of them."""

    canceled: Sequence[str]
    too_late: Sequence[str]
    grouped: Sequence[str]

    def __len__(self) -> int:
        return len(self.canceled) + len(self.too_late) + len(self.grouped)


class Scenario:
    """Plays the play once."""

    def __init__(
        self,
        client: SmsClient,
        provider: Provider,
        crew: Crew,
        observer: Observer,
        diary: Diary,
        *,
        size: Size,
        seed: int,
    ) -> None:
        self._client = client
        self._provider = provider
        self._crew = crew
        self._observer = observer
        self._diary = diary
        self._size = size
        self._audience = Audience(seed)
        self._visitors = Audience(seed + 1)
        self._over = Event()

    def play(self) -> bool:
        """Play; answers whether all messages came to their end in time."""
        self._diary.begin("Real workers start, and take their first message")
        self._crew.await_ready()
        self._send("hello", self._audience.reachable(), "ようこそ。", Lane.NORMAL)
        self._await(lambda seen: seen.taken > 0, "the first message is taken")
        self._try_invalid_ones()
        with ThreadPoolExecutor(1, thread_name_prefix="visitors") as pool:
            visitors = pool.submit(self._welcome_visitors)
            try:
                self._act()
            finally:
                self._over.set()
            visitors.result()
        self._diary.begin("Waiting for the last ends: late failures, retries, the next full minute")
        ended = self._observer.until(self._all_ended, PATIENCE + 20)
        self._ask_again()
        return ended

    def _act(self) -> None:
        reservations = self._reserve()
        campaign = self._send_campaign()
        recorded = time()
        self._diary.begin("The campaign at full speed, a one-time password five times a second")
        self._cancel(campaign[-3 * self._size.few :][: self._size.few], "queued messages")
        self._await(lambda seen: seen.count(State.SCHEDULED) >= len(reservations), "all reservations are made")
        self._cancel(reservations.canceled, "reservations, in time")
        self._cancel_group([*reservations.grouped, *campaign[-self._size.few :]])
        if self._size.clean:
            self._await(lambda seen: seen.taken >= self._size.clean, "the undisturbed part of the campaign is taken")
            self._diary.saturated = (recorded, time())
        self._let_things_go_wrong()
        self._diary.begin("The rest of the campaign, and what must be tried again")
        self._provider.make_due(reservations.too_late)
        self._cancel(reservations.too_late, "reservations, too late")
        self._await(lambda seen: seen.count(State.QUEUED) <= self._size.few, "the campaign is sent")

    def _try_invalid_ones(self) -> None:
        for to, body in INVALID:
            try:
                self._client.send(to, body)
            except InvalidMessage as error:
                self._diary.refused.append(str(error))
                self._diary.tell(f"Refused at the edge: {error}")

    def _reserve(self) -> Reservations:
        self._diary.begin("Reservations, and messages that au will report late")
        few = self._size.few
        for number in range(few):
            to = self._audience.unreachable_at_kddi()
            self._send(f"late-failure-{number}", to, "お知らせです。", Lane.NORMAL, carrier=Carrier.KDDI)
        if self._size.waits_for_the_minute:
            soon = [self._send_later("next-minute", number, timedelta(seconds=1)) for number in range(few)]
            self._cancel(soon[: few // 4], "messages that wait for the next minute")
        return Reservations(
            canceled=[self._send_later("canceled-in-time", number, AHEAD) for number in range(few)],
            too_late=[self._send_later("canceled-too-late", number, AHEAD) for number in range(few // 2)],
            grouped=[self._send_later("grouped", number, AHEAD, group=GROUP) for number in range(few)],
        )

    def _send_campaign(self) -> list[str]:
        self._diary.begin(f"A campaign of {self._size.campaign:,} messages")
        tags = []
        for receipt in self._client.send_many(self._campaign()):
            if receipt.message is None:
                raise receipt.error or RuntimeError("a receipt says neither yes nor no")
            tags.append(receipt.message.client_tag)
        return tags

    def _campaign(self) -> Iterator[dict[str, Any]]:
        for number in range(self._size.campaign):
            tag, to, body = (
                f"campaign-{number:06}",
                self._audience.anybody(),
                f"秋のセール開催中!お客様番号 {number:06}",
            )
            self._diary.ask(tag, to, body, Lane.BULK)
            grouped = {"group": GROUP} if number >= self._size.campaign - self._size.few else {}
            yield {"to": to, "body": body, "client_tag": tag, **grouped}

    def _welcome_visitors(self) -> None:
        """One-time passwords, and now and then another single message, for as long as the campaign lasts."""
        number = 0
        while not self._over.wait(PASSWORD_EVERY):
            number += 1
            body = f"認証コード {self._visitors.password()}"
            self._send(f"password-{number}", self._visitors.reachable(), body, Lane.URGENT)
            if number % 3 == 0:
                self._send(f"order-{number}", self._visitors.reachable(), "ご注文を承りました。", Lane.NORMAL)

    def _let_things_go_wrong(self) -> None:
        self._diary.begin("Things go wrong at the provider")
        self._provider.set_faults([fault.to_json() for fault in FAULTS])
        self._diary.faults = tuple(fault.words for fault in FAULTS)
        sleep(FAULTS_LAST / 4)
        self._diary.tell(f"SIGKILL to the worker process {self._crew.kill_one()}; its supervisor starts it again")
        sleep(FAULTS_LAST * 3 / 4)
        self._provider.set_faults([])
        self._diary.faults = ()

    def _cancel(self, client_tags: Sequence[str], what: str) -> None:
        for client_tag in client_tags:
            self._diary.canceled[client_tag] = self._client.cancel(client_tag)
        told = [self._diary.canceled[client_tag] for client_tag in client_tags]
        self._diary.tell(f"Cancel {len(told)} {what}: {_counted(told)}")

    def _cancel_group(self, client_tags: Sequence[str]) -> None:
        counts = self._client.cancel_group(GROUP)
        self._diary.groups.append(GroupTold(client_tags, counts))
        self._diary.tell(f"Cancel a group of {len(client_tags)}: {counts.canceled} canceled, {counts.pending} pending")

    def _ask_again(self) -> None:
        """Learn the end of the cancels that were pending, as any caller would."""
        for client_tag, outcome in self._diary.canceled.items():
            if outcome is CancelOutcome.PENDING:
                self._diary.canceled[client_tag] = self._client.cancel(client_tag)

    def _send_later(self, kind: str, number: int, ahead: timedelta, group: str | None = None) -> str:
        tag, to = f"{kind}-{number}", self._audience.reachable()
        at = datetime.now(JST) + ahead
        return self._send(tag, to, "ご予約の日が近づきました。", Lane.NORMAL, send_at=at, group=group)

    def _send(self, client_tag: str, to: str, body: str, lane: Lane, **options: Any) -> str:
        self._diary.ask(client_tag, to, body, lane, waits="send_at" in options)
        self._client.send(to, body, client_tag=client_tag, lane=lane, **options)
        return client_tag

    def _all_ended(self, seen: Snapshot) -> bool:
        return seen.unfinished == 0 and seen.asked == len(self._diary.asked)

    def _await(self, what: Callable[[Snapshot], bool], described: str) -> None:
        if not self._observer.until(what, PATIENCE):
            raise StuckError(f"it never came to this: {described}; the workers say: {self._crew.last_words()}")


def _counted(outcomes: Sequence[CancelOutcome]) -> str:
    return ", ".join(f"{outcomes.count(one)} {one.replace('_', ' ')}" for one in CancelOutcome if one in outcomes)
