"""A Redis that cannot be used: each process says why in one line, without a traceback, an address or a password."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError, ResponseError
from tests.support.servers import valkey
from tests.support.stack import eventually

from zettai.core.redis_problem import describe_redis_error, redis_problem
from zettai.core.store.connection import UNRETRIED, connect
from zettai_simulator import SimulatorProcess

PASSWORD = "geheim4711"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a Redis whose user `poor` may run no scripts."""
    with valkey(tmp_path_factory.mktemp("valkey")) as server:
        with Redis.from_url(str(server.connection_url)) as redis:
            redis.execute_command("ACL", "SETUSER", "poor", "on", f">{PASSWORD}", "~*", "&*", "+@all", "-@scripting")
        yield f"127.0.0.1:{server.port}"


@pytest.fixture(scope="module")
def other_server() -> Iterator[str]:
    """Return the address of a server that is no Redis."""
    with SimulatorProcess() as simulator:
        yield simulator.url.removeprefix("http://")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis://127.0.0.1:1", "the connection was refused"),
        ("redis://no-host.invalid", "the host name was not found"),
        ("redis://SERVER/99", "it has no database of this number"),
        (f"redis://poor:{PASSWORD}1@SERVER", "the user or the password is wrong"),
        (f"redis://poor:{PASSWORD}@SERVER", "the user may not run a command that is needed"),
        ("redis://OTHER", "what answers is not Redis"),
    ],
)
def test_words_say_why_redis_cannot_be_used(server: str, other_server: str, url: str, words: str) -> None:
    address = url.replace("SERVER", server).replace("OTHER", other_server)
    with connect(address, retry=UNRETRIED) as redis, pytest.raises(RedisError) as caught:
        redis.eval("return 1", 0)
    assert redis_problem(caught.value) == words


def test_error_of_one_command_is_not_the_fault_of_redis(redis_url: str) -> None:
    with connect(redis_url) as redis, pytest.raises(ResponseError) as caught:
        redis.eval("return nil + 1", 0)
    assert redis_problem(caught.value) is None
    assert describe_redis_error(caught.value) == "ResponseError"


@pytest.mark.parametrize("command", ["worker", "beat"])
def test_process_logs_one_line_without_a_traceback(server: str, tmp_path: Path, command: str) -> None:
    """The user may not run scripts. The worker ends, to be started again; beat asks again each second."""
    settings = {
        "REDIS_URL": f"redis://poor:{PASSWORD}@{server}",
        "CLIENT_ID": "1234",
        "SMS_CODE": "12345",
        "TOKEN": "a" * 32,
        "LOG_FORMAT": "json",
    }
    log = tmp_path / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "celery", "-q", "-A", "zettai_worker", command],
            env=os.environ | {f"ZETTAI_{name}": value for name, value in settings.items()},
            stderr=file,
        )
    try:
        eventually(lambda: "may not run" in log.read_text(), "the reason is logged")
    finally:
        process.terminate()
        process.wait()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    [line] = [line for line in lines if "the user may not run a command that is needed" in line.values()]
    assert not any("exception" in line for line in lines)
    assert "Traceback" not in log.read_text()
    assert PASSWORD not in log.read_text()
    assert line["level"] in {"warning", "critical"}
