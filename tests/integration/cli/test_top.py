"""`zettai top` with a real Redis and a real terminal."""

import io
import json
import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from select import select
from time import monotonic

import pytest
from rich.console import Console, RenderableType
from tests.integration.cli.helpers import COMMAND, PHONE, TIME_LIMIT, document, zettai
from tests.support.servers import valkey
from tests.support.store_helpers import MINUTE, claim_one, new_message, suspend_sender, update_one, wait_a_millisecond

from zettai import SmsClient, State
from zettai.core.campaign_control import pause_change
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.core.store.suspension import PAUSED
from zettai.core.tasks import TaskName
from zettai.core.times import to_milliseconds
from zettai_cli.operations.top.reading import read_snapshot
from zettai_cli.operations.top.screen import screen
from zettai_cli.shared import output
from zettai_worker.limiter import Limiter
from zettai_worker.metrics.problems import SHOWN
from zettai_worker.runtime import build_limiter
from zettai_worker.settings import LimiterSettings
from zettai_worker.ticks import BeatStatus


@pytest.fixture(autouse=True)
def short_ping_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the ping: no worker runs in these tests."""
    monkeypatch.setattr("zettai_worker.worker_pings.PING_TIMEOUT", 0.05)


@pytest.fixture
def store(redis_settings: str) -> Iterator[WorkerStore]:
    """Return the store of a worker."""
    store = WorkerStore(connect(redis_settings), Keys("zettai"))
    yield store
    store.close()


@pytest.fixture
def limiter(redis_settings: str) -> Iterator[Limiter]:
    """Return the rate limiter."""
    limiter = build_limiter(LimiterSettings.load())
    yield limiter
    limiter.close()


def create_in_state(store: WorkerStore, tag: str, state: State, reason: str) -> None:
    """Create a message, and move it to a state after its first attempt."""
    store.create([new_message(client_tag=tag, lane="urgent")])
    claim_one(store, tag)
    update_one(store, tag, state, reason=reason, due_in=MINUTE)
    wait_a_millisecond(store)


def test_top_needs_no_token(redis_settings: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOKEN", "CLIENT_ID", "SMS_CODE", "API_URL"):
        monkeypatch.delenv(f"ZETTAI_{name}")

    shown = document(zettai("top", "--once", "--json"))

    assert shown["workers"] == []
    assert shown["beat"] == {"alive": False, "lag_seconds": None}
    assert shown["limit"]["limit"] == "600/second"


def test_once_shows_all_values(client: SmsClient, store: WorkerStore) -> None:
    client.send(PHONE, "x", lane="urgent")
    create_in_state(store, "doubtful", State.SUBMIT_UNKNOWN, "no answer")
    store.suspend("300 Exceed sending count.", retry_in=MINUTE)

    shown = document(zettai("top", "--once", "--json"))

    assert shown["queued_tasks"] == {"urgent": 1, "normal": 0, "bulk": 0, "status": 0}
    assert (shown["states"]["queued"], shown["states"]["submit_unknown"]) == (1, 1)
    assert shown["oldest_seconds"]["queued"] >= 0
    assert shown["oldest_seconds"]["held"] is None
    assert (shown["held"], shown["provider_down"]) == ("300 Exceed sending count.", False)
    [problem] = shown["troubles"]
    assert (problem["client_tag"], problem["lane"], problem["reason"]) == ("doubtful", "urgent", "no answer")
    assert problem["attempts"] == 1


def test_once_shows_a_screen(client: SmsClient, store: WorkerStore) -> None:
    create_in_state(store, "ended", State.REJECTED, "110 Invalid message.")
    shown = zettai("top", "--once").stdout

    for part in (
        "NOT SENDING",
        "no worker answers: start zettai worker",
        "no beat is running",
        "waits for workers",
        "0 of 597 per second",
        "rejected",
        "110 Invalid message.",
    ):
        assert part in shown
    suspend_sender(store, "77777")
    assert "suspended senders: 77777 (Invalid smsCode)" in zettai("top", "--once").stdout
    assert document(zettai("top", "--once", "--json"))["held_senders"] == {"77777": "Invalid smsCode"}
    store.create([new_message(group="sale", lane="bulk")])
    store.campaigns.change("sale", pause_change(store.now()))
    assert "1 paused, 0 with a pace, 0 with a window" in zettai("top", "--once").stdout
    shown = document(zettai("top", "--once", "--json"))
    assert (shown["controlled_campaigns"]["paused"], shown["waiting_groups"]["bulk"]) == (1, 1)
    assert "; messages expire in 1" in zettai("top", "--once").stdout
    store.suspend("provider down", retry_in=MINUTE, circuit_open=True)
    assert "the provider is down: provider down" in zettai("top", "--once").stdout


def test_once_shows_reservations_replacements_and_readers(client: SmsClient, store: WorkerStore) -> None:
    at = store.now()
    client.send(PHONE, "x", client_tag="far", send_at=at + timedelta(days=365))
    client.send(PHONE, "x", client_tag="unsent", send_at=at + timedelta(hours=2))
    client.replace("unsent", body="y", client_tag="successor")
    claim_one(store, "successor")
    update_one(store, "successor", State.SCHEDULED, due_in=MINUTE)
    client.replace("successor", body="z")
    create_in_state(store, "gone", State.ACCEPTED, "0")
    client.replace("gone", body="z")
    next(client.events(group="shop", start="oldest"))

    screen, shown = zettai("top", "--once").stdout, document(zettai("top", "--once", "--json"))

    assert "1 replaced, 1 too late, 0 canceled or superseded, 1 pending" in screen
    assert "reservations that wait here 1" in " ".join(screen.split())
    assert "0 not read, 3 read and not acknowledged" in screen
    assert shown["far_reservations"] == 1
    assert shown["replacements"] == {"replaced": 1, "too_late": 1, "canceled": 0, "superseded": 0, "pending": 1}
    assert shown["event_groups"]["shop"] == {"not_read": 0, "not_acknowledged": 3}


def test_banner_says_why_nothing_is_sent(client: SmsClient, store: WorkerStore, limiter: Limiter) -> None:
    client.send("09012345678", "hello")
    limiter.pause()
    assert "paused by an operator" in zettai("top", "--once").stdout
    store.suspend(PAUSED, retry_in=MINUTE)
    assert "paused by an operator" in zettai("top", "--once").stdout
    store.suspend("Invalid token", retry_in=MINUTE)
    assert "suspended, Invalid token, check the token with zettai doctor --call" in zettai("top", "--once").stdout


def test_banner_is_whole_at_a_narrow_terminal(
    store: WorkerStore, limiter: Limiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "WIDTH_WITHOUT_TERMINAL", 80)
    limiter.pause()
    store.suspend("Invalid token", retry_in=MINUTE)

    shown = zettai("top", "--once").stdout
    banner = " ".join(shown[: shown.index("as of")].split())

    assert banner.startswith("NOT SENDING no worker answers: start zettai worker, or check ZETTAI_REDIS_URL and ZETTAI")
    assert "suspended, Invalid token, check the token with zettai doctor --call paused by an operator" in banner
    assert banner.endswith(
        "PARTLY STOPPED no beat is running: new messages are sent; retries, reservations and status checks wait"
    )


def test_new_messages_are_sent_without_beat(store: WorkerStore, limiter: Limiter) -> None:
    found = read_snapshot({None: (store, limiter)}, ("worker-1@host",))
    without, with_beat = (
        shown(screen(replace(found, beat=BeatStatus(is_alive, timedelta())), [0])) for is_alive in (False, True)
    )

    assert "NOT SENDING" not in without
    assert without.split()[:7] == ["PARTLY", "STOPPED", "no", "beat", "is", "running:", "new"]
    assert "sending  new messages only" in without
    assert "STOPPED" not in with_beat


def shown(on_screen: RenderableType) -> str:
    """Return a screen as text."""
    console = Console(width=200, file=io.StringIO())
    console.print(on_screen)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("words", [["list"], ["dead-letters"], ["events", "list"], ["top", "--once"]])
def test_tags_are_whole_at_a_narrow_terminal(
    store: WorkerStore, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setattr(output, "WIDTH_WITHOUT_TERMINAL", 80)
    tag = "order-2026-11-27-0123456789abcdef-0123456789abcdef"
    create_in_state(store, tag, State.REJECTED, "110 Invalid message.")

    assert tag in zettai(*words).stdout


def test_cause_of_a_failure_is_in_words_everywhere(store: WorkerStore) -> None:
    create_in_state(store, "wrong-number", State.ACCEPTED, "code 0")
    accepted = frozenset({State.ACCEPTED})
    update_one(
        store, "wrong-number", State.UNDELIVERED, reason="statusId 3 31732", expected_states=accepted, claim_id=None
    )

    for words in (["top", "--once"], ["status", "wrong-number"], ["list"]):
        assert "no such number (31732)" in " ".join(zettai(*words).stdout.split()), words


def test_message_that_waits_for_the_token_names_the_check(store: WorkerStore) -> None:
    create_in_state(store, "waits", State.SUBMIT_UNKNOWN, "110 Invalid token")
    assert "check it with zettai doctor --call" in " ".join(zettai("status", "waits").stdout.split())


@pytest.mark.parametrize(
    "words",
    [["list"], ["dead-letters"], ["status", "t"], ["report", "g"], ["cancel-group", "g"], ["campaign", "show", "g"]],
)
def test_command_that_finds_nothing_says_where_it_looked(
    redis_settings: str, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setenv("ZETTAI_KEY_PREFIX", "wrong")
    assert f"in {redis_settings} with the prefix wrong" in " ".join(zettai(*words).output.split())


def test_latest_problems_come_first(store: WorkerStore, limiter: Limiter) -> None:
    for number in range(SHOWN + 3):
        create_in_state(store, f"old {number}", State.REJECTED, "110")
    create_in_state(store, "again", State.QUEUED, "refused connection")
    create_in_state(store, "unknown", State.SUBMIT_UNKNOWN, "HTTP 503")
    create_in_state(store, "fine", State.ACCEPTED, "code 0")
    store.create([new_message(client_tag="later", send_at=store.now() + timedelta(minutes=1))])

    problems = read_snapshot({None: (store, limiter)}, None).problems

    assert len(problems) == SHOWN
    assert [(one.client_tag, one.state) for one in problems[:3]] == [
        ("unknown", State.SUBMIT_UNKNOWN),
        ("again", State.QUEUED),
        (f"old {SHOWN + 2}", State.REJECTED),
    ]


def test_phone_numbers_in_reasons_are_masked(store: WorkerStore) -> None:
    create_in_state(store, "t1", State.REJECTED, f"110 Invalid phoneNumber {PHONE}.")

    for words in (("--json",), ()):
        shown = zettai("top", "--once", *words).stdout
        assert "Invalid phoneNumber 0********78." in shown
        assert PHONE not in shown


def test_number_of_redis_commands_is_constant(store: WorkerStore, limiter: Limiter) -> None:
    def cost() -> int:
        """Return the least of three times: the client of Redis may check its connection by a command of its own."""
        return min(cost_once() for _ in range(3))

    def cost_once() -> int:
        before = int(store.redis.info("stats")["total_commands_processed"])
        read_snapshot({None: (store, limiter)}, None)
        return int(store.redis.info("stats")["total_commands_processed"]) - before

    for number in range(2 * SHOWN):
        create_in_state(store, f"t{number}", State.QUEUED if number % 2 else State.FAILED, "x")
    few = cost()
    store.create([new_message() for _ in range(500)])
    for number in range(2 * SHOWN):
        create_in_state(store, f"more {number}", State.QUEUED if number % 2 else State.FAILED, "x")

    assert cost() == few <= 90


@pytest.mark.parametrize(
    ("alive", "due_in", "shown"),
    [
        (True, -12.0, "runs; its last tick has waited for a worker for 12."),
        (True, 1.0, "beat     runs  "),
        (False, -1.0, "no beat is running"),
    ],
)
def test_beat_runs_or_waits_for_a_worker(store: WorkerStore, *, alive: bool, due_in: float, shown: str) -> None:
    due = to_milliseconds(store.now() + timedelta(seconds=due_in))
    for task, at in ((TaskName.PUBLISH_DUE, due), (TaskName.PURGE, due + 86_400_000)):
        store.redis.hset(store.keys.ticks, f"due:{task}", at)
    if alive:
        store.redis.hset(store.keys.ticks, "beat", to_milliseconds(store.now()))

    assert shown in zettai("top", "--once").stdout


@pytest.mark.parametrize("words", [["--once"], ["--once", "--json"], ["--json"]])
def test_unreachable_redis_is_one_line(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", "redis://127.0.0.1:1")

    result = zettai("top", *words)

    assert (result.exit_code, result.stdout) == (4, "")
    assert len(result.stderr.splitlines()) == 1


def test_too_short_interval_is_rejected() -> None:
    assert zettai("top", "--interval=0.01").exit_code == 2


@pytest.mark.timeout(30)
def test_json_has_one_line_for_each_update(client: SmsClient) -> None:
    command = [COMMAND, "top", "--json", "--interval=600"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["states"]["queued"] == 0
        process.send_signal(signal.SIGINT)
        assert (process.wait(TIME_LIMIT), process.stderr.read()) == (0, "")


def test_screen_stays_while_redis_is_away(tmp_path: Path) -> None:
    with valkey(tmp_path) as server, at_a_terminal(str(server.connection_url)) as (terminal, process):
        read_until(terminal, "no beat is running")
        server.stop()
        read_until(terminal, "the values below are old")
        server.start()
        process.send_signal(signal.SIGINT)
        read_until(terminal, "\x1b[?1049l")  # the screen that was there before
        assert process.wait(TIME_LIMIT) == 0


@contextmanager
def at_a_terminal(redis_url: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run `zettai top` in a new terminal. Yield the other end of the terminal."""
    ours, its = pty.openpty()
    environment = {**os.environ, "ZETTAI_REDIS_URL": redis_url, "TERM": "xterm-256color", "COLUMNS": "200"}
    command = [COMMAND, "top", "--interval=0.2"]
    with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environment) as process:
        try:
            yield ours, process
        finally:
            process.kill()
            os.close(its)
            os.close(ours)


def read_until(terminal: int, text: str) -> None:
    """Read the terminal until a text is shown."""
    seen, deadline = "", monotonic() + TIME_LIMIT
    while text not in seen:
        assert monotonic() < deadline, seen[-2000:]
        if select([terminal], [], [], 0.1)[0]:
            seen += os.read(terminal, 65536).decode(errors="replace")
