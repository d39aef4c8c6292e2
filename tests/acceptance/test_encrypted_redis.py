"""Redis with TLS and passwords, set up as docs/how-to/secure-redis.md says."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from celery import Celery
from kombu.exceptions import OperationalError
from tests.support.redis_users import redis_with_users
from tests.support.stack import short_stack
from tests.support.tls_front import tls_front

from zettai import LedgerUnavailable, Settings, SmsClient, State
from zettai.core.celery_config import celery_config
from zettai_simulator import SimulatorProcess


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Start a server with TLS and the users of the page; return the URLs of two users."""
    folder: Path = tmp_path_factory.mktemp("secured")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    with redis_with_users(folder / "redis") as server, tls_front(server.port, folder / "server.pem") as port:
        yield {
            name: f"rediss://{name}:{server.passwords[name]}@localhost:{port}/0?ssl_ca_certs={folder / 'ca.pem'}"
            for name in ("web", "worker")
        }


def test_message_is_delivered_with_tls(secured: dict[str, str], tmp_path: Path) -> None:
    """No log has a password."""
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.3)
    with short_stack(secured["worker"], simulator, tmp_path, "zettai") as stack:
        stack.start_worker()
        stack.start_beat()
        with SmsClient(Settings.load(redis_url=secured["web"], client_id="1234")) as client:
            message = client.send("09088880001", "sealed", durable=True)
            assert stack.wait_for_state(message).state is State.DELIVERED
        logs = stack.log_text()
    assert not [url for url in secured.values() if str(urlsplit(url).password) in logs]
    assert "NOPERM" not in logs


@pytest.mark.parametrize(
    ("pattern", "change"),
    [("web:", "web:wrong"), (r"rediss(.*)\?.*", r"redis\1"), ("@localhost", "@127.0.0.1"), (r"\?.*", "")],
    ids=["wrong password", "no TLS", "other name", "unknown authority"],
)
def test_wrong_connection_is_refused_without_showing_the_password(
    secured: dict[str, str], pattern: str, change: str
) -> None:
    url = re.sub(pattern, change, secured["web"])
    assert url != secured["web"]
    with SmsClient(Settings.load(redis_url=url)) as client, pytest.raises(LedgerUnavailable) as error:
        client.send("09088880002", "refused")
    assert str(urlsplit(secured["web"]).password) not in f"{error.value!r}{error.value.__context__!r}"


@pytest.mark.parametrize(
    ("pattern", "change"),
    [("@localhost", "@127.0.0.1"), (r"\?.*", "")],
    ids=["other name", "unknown authority"],
)
def test_worker_connects_only_to_a_redis_with_a_trusted_certificate(
    secured: dict[str, str], pattern: str, change: str
) -> None:
    """The connection of Celery has the password too. By default, kombu would not check the certificate."""
    config = celery_config(Settings.load(redis_url=re.sub(pattern, change, secured["worker"])))
    app = Celery("tests", set_as_current=False)
    app.conf.update(config)
    with app, app.connection_for_write() as connection, pytest.raises(OperationalError, match="certificate"):
        connection.ensure_connection(max_retries=1, timeout=5)
