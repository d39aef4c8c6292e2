"""Redis with TLS, passwords and an ACL, set up as docs/how-to/secure-redis.md says."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from redis import Redis
from redis.exceptions import NoPermissionError
from tests.docs.pages import blocks, read
from tests.support.servers import valkey
from tests.support.stack import short_stack
from tests.support.tls_front import tls_front

from zettai import LedgerUnavailable, Settings, SmsClient, State
from zettai_simulator import SimulatorProcess

PASSWORDS = {"web": "geheim-web", "worker": "geheim-worker"}

RULES = blocks(read("docs/how-to/secure-redis.md"), "text")[0]


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Start a server with TLS and the users of the page; return the URL of each user."""
    folder: Path = tmp_path_factory.mktemp("secured")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    users = RULES
    for name, password in PASSWORDS.items():
        users = users.replace(f"{name.upper()}-PASSWORD", password)
    (folder / "users.acl").write_text(users, encoding="utf-8")
    with valkey(folder) as server, tls_front(server.port, folder / "server.pem") as port:
        with Redis.from_url(server.connection_url) as redis:
            for line in users.splitlines():
                redis.execute_command("ACL", "SETUSER", *line.split()[1:])
        yield {
            name: f"rediss://{name}:{password}@localhost:{port}/0?ssl_ca_certs={folder / 'ca.pem'}"
            for name, password in PASSWORDS.items()
        }


def test_message_is_delivered_with_tls_and_acl(secured: dict[str, str], tmp_path: Path) -> None:
    """Each user has the permissions that it needs, and no log has a password."""
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.3)
    with short_stack(secured["worker"], simulator, tmp_path, "zettai") as stack:
        stack.start_worker()
        stack.start_beat()
        with SmsClient(Settings.load(redis_url=secured["web"], client_id="1234")) as client:
            message = client.send("09088880001", "sealed", durable=True, group="g")
            assert stack.wait_for_state(message).state is State.DELIVERED
            assert [one.client_tag for one in client.list(group="g")] == [message.client_tag]
            assert client.cancel_group("g").too_late == 1
            events = list(client.events(group="shop", start="oldest", timeout=timedelta(milliseconds=10)))
            assert [event.type.value for event in events if event.group] == ["accepted", "delivered", "group_finished"]
        logs = stack.log_text()
    assert "geheim" not in logs
    assert "NOPERM" not in logs


@pytest.mark.parametrize(
    ("pattern", "change"),
    [("geheim-web", "falsch"), (r"rediss(.*)\?.*", r"redis\1"), ("@localhost", "@127.0.0.1"), (r"\?.*", "")],
    ids=["wrong password", "no TLS", "other name", "unknown authority"],
)
def test_wrong_connection_is_refused_without_showing_the_password(
    secured: dict[str, str], pattern: str, change: str
) -> None:
    url = re.sub(pattern, change, secured["web"])
    assert url != secured["web"]
    with SmsClient(Settings.load(redis_url=url)) as client, pytest.raises(LedgerUnavailable) as error:
        client.send("09088880002", "refused")
    assert "geheim" not in f"{error.value!r}{error.value.__context__!r}"


def test_web_user_cannot_read_other_keys_or_administer_the_server(secured: dict[str, str]) -> None:
    with Redis.from_url(secured["web"]) as redis:
        for command in (
            ["FLUSHALL"],
            ["CONFIG", "SET", "appendonly", "no"],
            ["GET", "other"],
            ["KEYS", "*"],
            ["SHUTDOWN"],
        ):
            with pytest.raises(NoPermissionError, match=r"(?i)no permissions"):
                redis.execute_command(*command)
