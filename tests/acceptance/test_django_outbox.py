"""The outbox for Django with a real Redis: processes are killed at the worst moments, and each message is sent once."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.docs.pages import ROOT
from tests.support.outbox_project import TAG
from tests.support.stack import eventually

from zettai import Settings, SmsClient
from zettai_demo.stack import RedisServer

pytestmark = pytest.mark.long

PROJECT = [sys.executable, "-m", "tests.support.outbox_project"]


class Project:
    """A Django project with its database and its Redis."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "outbox.sqlite3"
        self.redis = RedisServer(folder / "redis", fsync="always")
        self.log = folder / "relay.log"
        self._environment = os.environ | {"OUTBOX_DATABASE": str(self.database), "ZETTAI_REDIS_URL": self.redis.url}

    def run(self, *words: str) -> int:
        """Run a command, and return its exit code."""
        return subprocess.run([*PROJECT, *words], cwd=ROOT, env=self._environment, check=False, timeout=60).returncode

    @contextmanager
    def relay(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the relay in the block."""
        with self.log.open("wb") as log:
            process = subprocess.Popen([*PROJECT, "zettai_outbox"], cwd=ROOT, env=self._environment, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def rows(self) -> list[str]:
        """Return the tags in the table."""
        with closing(sqlite3.connect(self.database, timeout=60)) as database:
            return [tag for (tag,) in database.execute("SELECT client_tag FROM zettai_outbox_outboxmessage")]

    def sent(self) -> list[str]:
        """Return the tags in Redis."""
        with SmsClient(Settings.load(redis_url=self.redis.url)) as client:
            return [message.client_tag for message in client.list()]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = Project(tmp_path)
    with project.redis:
        yield project


def test_process_killed_after_the_commit_loses_nothing(project: Project) -> None:
    assert project.run("enqueue") == -signal.SIGKILL
    assert (project.rows(), project.sent()) == ([TAG], [])

    with project.relay() as relay:
        eventually(lambda: not project.rows(), "the relay has sent the row")
        relay.terminate()
        assert relay.wait(60) == 0
    assert project.sent() == [TAG]


def test_relay_killed_after_sending_sends_nothing_again(project: Project) -> None:
    project.run("enqueue")
    with closing(sqlite3.connect(project.database, isolation_level=None, timeout=60)) as database:
        database.execute("BEGIN IMMEDIATE")  # the relay can read the row, and waits to delete it
        with project.relay() as relay:
            eventually(project.sent, "the relay has sent the row")
            relay.kill()
            relay.wait()
        database.execute("ROLLBACK")
    assert (project.rows(), project.sent()) == ([TAG], [TAG])

    assert project.run("zettai_outbox", "--once") == 0

    assert (project.rows(), project.sent()) == ([], [TAG])


def test_relay_waits_for_redis(project: Project) -> None:
    project.run("enqueue")
    project.redis.kill()
    with project.relay():
        eventually(lambda: "outbox_waits" in project.log.read_text(), "the relay finds no Redis")
        assert project.rows() == [TAG]
        project.redis.start()
        eventually(lambda: not project.rows(), "the relay has sent the row")
    assert project.sent() == [TAG]
