"""What all three ways to deploy share: settings that exist, room for threads, and time to stop."""

import re

import pytest
from tests.deploy.files import DEPLOY, UNITS, Process, in_containers, in_pods, in_units, services, unit
from tests.docs.pages import ROOT

from zettai.core.store.redis_users import USERS
from zettai_cli.processes.worker import GRACE
from zettai_console.settings import ConsoleSettings
from zettai_worker.engine.callers import MOST_CALLERS
from zettai_worker.settings import CONNECT_TIMEOUT, WorkerSettings
from zettai_worker.supervisor.plan import MOST_PROCESSES
from zettai_worker.webhooks.settings import WebhookSettings

WAYS = {"compose": in_containers, "kubernetes": in_pods, "systemd": in_units}

UVICORN = 10.0
"""Seconds in which the gateway answers what it has begun."""


def _all() -> list[tuple[str, Process]]:
    return [(way, one) for way, processes in WAYS.items() for one in processes()]


def test_each_setting_in_the_files_exists() -> None:
    files = [
        ROOT / "docker-compose.yml",
        *(path for path in DEPLOY.rglob("*") if path.suffix in {".yaml", ".service", ".conf", ".md", ""}),
    ]
    known = {
        f"ZETTAI_{name.upper()}"
        for kind in (WorkerSettings, ConsoleSettings, WebhookSettings)
        for name in kind.model_fields
    }
    named = {
        name
        for path in files
        if path.is_file()
        for name in re.findall(r"\bZETTAI_[A-Z_]+", path.read_text(encoding="utf-8"))
    }

    assert len(named) > 10
    assert named <= known
    assert {path.suffix for path in UNITS.rglob("*") if path.is_file()} == {".service", ".conf"}


@pytest.mark.parametrize("way", WAYS)
def test_the_grace_period_is_longer_than_a_process_needs_to_stop(way: str) -> None:
    settings = WorkerSettings(client_id="1", sms_code="12345")
    call = settings.http_timeout + 2 * CONNECT_TIMEOUT
    for one in WAYS[way]():
        if one.words[:2] == ("zettai", "worker"):
            assert one.grace > GRACE.total_seconds()
        elif "worker" in one.words:
            # A call that has just begun to dial, and then Redis that answers late.
            assert one.grace > 2 * call.total_seconds()
        elif one.name == "gateway":
            assert one.grace > UVICORN
        else:
            assert one.grace >= 5
    assert call < GRACE


def test_a_worker_may_have_as_many_threads_and_connections_as_it_can_need() -> None:
    service = services()["worker"]
    unit_of_all = unit(UNITS / "zettai-worker.service")["Service"]

    assert service["deploy"]["resources"]["limits"]["pids"] > MOST_CALLERS
    assert int(unit_of_all["TasksMax"]) > MOST_CALLERS * MOST_PROCESSES
    assert min(service["ulimits"]["nofile"], int(unit_of_all["LimitNOFILE"])) > MOST_CALLERS


def test_every_process_has_its_own_user_of_redis_with_the_password_in_a_file() -> None:
    for way, one in _all():
        user = one.environment["ZETTAI_REDIS_USER"]
        assert user == one.name, way
        assert user in {known.name for known in USERS}
        assert one.environment["ZETTAI_REDIS_PASSWORD_FILE"].endswith("/redis_password"), (way, one.name)
        assert one.secrets["redis_password"] == f"redis_{user}", (way, one.name)
        assert "@" not in one.environment.get("ZETTAI_REDIS_URL", "")


def test_accounts_and_encryption_keys_are_secrets_of_the_processes_that_need_them() -> None:
    for way, one in _all():
        assert one.environment["ZETTAI_ACCOUNTS_FILE"].endswith("/accounts"), (way, one.name)
        has_keys = one.environment.get("ZETTAI_ENCRYPTION_KEYS_FILE", "").endswith("/encryption_keys")
        assert has_keys is (one.name in {"worker", "gateway", "webhooks"}), (way, one.name)
        assert ("encryption_keys" in one.secrets) is has_keys
        assert one.secrets["accounts"] == "accounts"
