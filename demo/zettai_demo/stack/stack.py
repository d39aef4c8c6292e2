"""The `Stack`: Redis, the simulated provider, and the processes that are started by the product's own commands."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self

from zettai import Message, Settings, SmsClient, State
from zettai.core.lanes import Lane, queue_name
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai_demo.stack import launch
from zettai_demo.stack.movable_clock import MovableClock
from zettai_demo.stack.redis_server import RedisServer
from zettai_demo.stack.supervisor import COMMAND, LOG_END, StackError, Supervisor, json_lines
from zettai_demo.stack.waiting import wait_until
from zettai_simulator import SimulatorProcess
from zettai_simulator.settings import CLIENT_ID, TOKEN
from zettai_worker.supervisor import tied

QUEUES = "urgent,normal,bulk,status"
"""The queues of the default account."""

SUPPRESSION_KEY = "the key of the suppression list of a demo"
"""No secret: the numbers of a demo and of tests are made up."""

FOR_PRODUCERS = ("accounts_file", "senders", "budgets", "same_text_per_minute", "encryption_keys", "client_timeout")
"""The given settings that the client of the stack has too."""

STATE_TIMEOUT = 120.0
"""Seconds until an awaited state counts as missing."""

ERROR_GRACE = 1.0
"""Seconds that processes have to end after an error or Ctrl-C."""


class Stack:
    """Redis, the simulator, and the processes that are started by the methods, for as long as the `with` block lasts.

    Attributes:
        simulator: the provider.
        redis_url: of Redis.
        client: what a web application uses.
        store: what a worker uses.
        environment: the variables of all processes; a change applies to those that are started later.
        processes: all that were started, in that order.
    """

    simulator: SimulatorProcess
    redis_url: str
    settings: Settings
    client: SmsClient
    store: WorkerStore
    environment: dict[str, str]

    def __init__(
        self,
        folder: Path,
        *,
        redis: RedisServer | str | None = None,
        simulator: SimulatorProcess | None = None,
        key_prefix: str = "zettai",
        grace: float = 20.0,
        settings: Mapping[str, str] | None = None,
        tied: bool = False,
    ) -> None:
        """Prepare the stack; nothing is started yet.

        Args:
            folder: for logs, and for the files of Redis.
            redis: a server to start, or the URL of one that runs; without it a server is started in the folder.
            simulator: the provider to start; without it one with the default flags is started.
            key_prefix: of the keys in Redis, and of the names of logs.
            grace: seconds that processes have to end by themselves.
            settings: settings of the product, without `ZETTAI_`, such as `{"RATE_LIMIT": "100/second"}`.
            tied: whether processes end, on Linux, when the thread ends that starts them, also if it is killed.
        """
        self.folder = folder
        self.key_prefix = key_prefix
        self.processes: list[subprocess.Popen[bytes]] = []
        self._redis = RedisServer(folder / "redis") if redis is None else redis
        self._simulator = simulator or SimulatorProcess()
        self._grace = grace
        self._given = settings or {}
        self._tied = tied
        self._log_files: list[Path] = []
        self._supervisors: list[Supervisor] = []
        self._exits = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as exits:
            self.redis_url = self._redis if isinstance(self._redis, str) else exits.enter_context(self._redis).url
            self.simulator = exits.enter_context(self._simulator)
            self.settings = self._load_settings()
            self.client = exits.enter_context(SmsClient(self.settings))
            self.store = WorkerStore(
                connect(self.redis_url), Keys(self.key_prefix), secrets=self.settings.secret_keys()
            )
            exits.callback(self.store.close)
            self.environment = self._make_environment()
            self._exits = exits.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._exits:
            self._stop(self._grace if kind is None else ERROR_GRACE)

    def start_worker(self, queues: str | None = None, **options: Any) -> subprocess.Popen[bytes]:
        """Start one worker process, for all queues or for some.

        The `options` are those of `start_celery`.
        """
        if queues is None:
            accounts = self.settings.account_names
            queues = ",".join(queue_name(lane, account) for lane in Lane for account in accounts)
        node = f"{self.key_prefix}{len(self.processes)}@stack"
        words = ("-Q", queues, "-n", node, "--without-gossip", "--without-mingle")
        return self.start_celery("worker", *words, **options)

    def start_beat(self, **options: Any) -> subprocess.Popen[bytes]:
        """Start beat; `options` are those of `start_celery`."""
        return self.start_celery("beat", **options)

    def start_celery(
        self,
        *words: str,
        clock_offset: float = 0,
        clock: MovableClock | None = None,
        run_by: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Run `worker …` or `beat …` as the supervisor does, or `celery -A zettai_worker flower …`.

        The process is killed when the thread ends that started it.

        Args:
            words: the command and its options.
            clock_offset: seconds by which the wall clock of the process is ahead.
            clock: in place of an offset, a clock that can be moved later.
            run_by: a command that runs this one, such as `ip netns exec NAME`.
            environment: in place of the stack's.
        """
        if clock is None and clock_offset:
            clock = MovableClock(self.folder / f"clock-{len(self.processes)}", clock_offset)
        path = "-" if clock is None else str(clock.path)
        launcher = (*run_by, sys.executable, "-P", launch.__file__, str(os.getpid()), path)
        module = ("celery", "-A", "zettai_worker") if words[0] == "flower" else ("zettai_worker",)
        return self.start(words[0], [*launcher, *module, *words], environment)

    def start_supervisor(self, *options: str) -> Supervisor:
        """Run `zettai worker`."""
        process = self.start("supervisor", [*COMMAND, *options])
        supervisor = Supervisor(process, self._log_files[-1])
        self._supervisors.append(supervisor)
        return supervisor

    def start(
        self, name: str, command: list[str], environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start any command, in the stack's environment or in another one; `name` is part of the log's name."""
        log_file = self._log(len(self.processes), name)
        with log_file.open("wb") as log:
            # In a session of its own: Ctrl-C reaches us alone, and we stop everything in order.
            process = subprocess.Popen(  # noqa: S603 - our own command
                tied(command) if self._tied else command,
                env=environment or self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)
        self._log_files.append(log_file)
        return process

    def check(self) -> None:
        """Check that all processes run.

        Raises:
            StackError: one has ended.
        """
        for process, log in zip(self.processes, self._log_files, strict=True):
            if process.poll() is not None:
                raise StackError(f"a process has ended:\n{log.read_text(errors='replace')[-LOG_END:]}")

    def wait_for_state(self, message: Message | str, *states: State) -> Message:
        """Wait until a message is in one of these states (without any: in a final state), and return it.

        Raises:
            TimeoutError: it does not get there.
        """
        client_tag = message if isinstance(message, str) else message.client_tag

        def reached() -> Message | None:
            found = self.client.get(client_tag)
            return found if found and (found.state in states if states else found.state.is_final) else None

        if (found := wait_until(reached, STATE_TIMEOUT)) is None:
            raise TimeoutError(f"expected {states or 'a final state'}, got {self.client.get(client_tag)}")
        return found

    def record_of(self, message: Message) -> dict[str, Any]:
        """Return what the provider knows about a message."""
        return self.simulator.record_of(message.client_tag)

    def log_text(self) -> str:
        """Return everything that all processes have logged."""
        return "".join(path.read_text(errors="replace") for path in self._logs())

    def log_lines(self) -> Iterator[dict[str, Any]]:
        """Return the JSON lines that all processes have logged."""
        for path in self._logs():
            yield from json_lines(path)

    def _stop(self, grace: float) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        deadline = monotonic() + grace
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - monotonic()))
        # A supervisor that is killed cannot stop its children.
        hung = [supervisor for supervisor in self._supervisors if not supervisor.has_ended]
        for process in self.processes:
            process.kill()
            process.wait()
        for supervisor in hung:
            supervisor.kill_children()

    def _logs(self) -> list[Path]:
        return sorted(self.folder.glob(f"{self.key_prefix}-*.log"))

    def _log(self, number: int, name: str) -> Path:
        return self.folder / f"{self.key_prefix}-{number}-{name}.log"

    def _load_settings(self) -> Settings:
        """Return settings that ignore the developer's own environment."""
        given = {
            "redis_url": self.redis_url,
            "key_prefix": self.key_prefix,
            "client_id": CLIENT_ID,
            "suppression_key": SUPPRESSION_KEY,
            **{name: self._given[name.upper()] for name in FOR_PRODUCERS if name.upper() in self._given},
        }
        defaults = {
            name: field.get_default(call_default_factory=True)
            for name, field in Settings.model_fields.items()
            if not field.is_required() and name not in given
        }
        return Settings.load(**given, **defaults)

    def _make_environment(self) -> dict[str, str]:
        ours = {
            "REDIS_URL": self.redis_url,
            "KEY_PREFIX": self.key_prefix,
            "API_URL": self.simulator.url,
            "TOKEN": TOKEN,
            "CLIENT_ID": CLIENT_ID,
            "SMS_CODE": "12345",
            "SUPPRESSION_KEY": SUPPRESSION_KEY,
            "LOG_FORMAT": "json",
            **self._given,
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ZETTAI_", "CELERY_"))}
        return inherited | {f"ZETTAI_{name}": value for name, value in ours.items()}
