"""The code of outbox.md and outbox.ja.md: the use of the Django app, and the recipe for SQLAlchemy."""

import ast
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from tests.docs.pages import blocks, read

from zettai import GuardError, LedgerUnavailable, NotDurable, SmsClient
from zettai.contrib.django.testing import fake_sms

PAGES = ("docs/how-to/outbox.md", "docs/how-to/outbox.ja.md")

SETTINGS, DJANGO_USE, RECIPE, USE = blocks(read(PAGES[0]), "python")

ORDER = """

class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str]
"""

TO = "09012345678"
"""To whom the page sends."""


class Crash(BaseException):
    """The process ends here."""


class Shop:
    """An app that uses the recipe."""

    def __init__(self, module: ModuleType, engine: Engine, client: SmsClient) -> None:
        self.module = module
        self.client = client
        self._engine = engine

    def order(self, to: str = TO, more: str = "") -> None:
        """Make an order with its SMS, as the page does."""
        code = compile(USE.replace(TO, to) + more, "a view", "exec")
        exec(code, {**vars(self.module), "engine": self._engine, "client": self.client})  # noqa: S102 - our own page

    def relay(self) -> None:
        """Run one round of the relay."""
        self.module.relay(self._engine, self.client)

    def rows(self) -> list[str]:
        """Return the problem of each row of the outbox."""
        return [row.problem for row in self._all(self.module.OutboxSms)]

    def orders(self) -> int:
        """Return how many orders there are."""
        return len(self._all(self.module.Order))

    def sent(self) -> list[str]:
        """Return the tags of the messages in Redis."""
        return [message.client_tag for message in self.client.list()]

    def _all(self, table: Any) -> list[Any]:
        with self.module.Session(self._engine) as session:
            return list(session.scalars(self.module.select(table)).all())


@pytest.fixture
def shop(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Return a shop with an empty outbox and an empty Redis."""
    monkeypatch.setenv("ZETTAI_REDIS_URL", redis_url)
    module = ModuleType("alchemy_shop")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(RECIPE + ORDER, "recipe", "exec"), vars(module))  # noqa: S102 - our own page
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    module.Base.metadata.create_all(engine)
    with SmsClient.from_env() as client:
        yield Shop(module, engine, client)
    engine.dispose()


def test_commit_sends_the_message(shop: Shop) -> None:
    shop.order()

    assert shop.orders() == 1
    assert shop.sent() == ["order-1"]
    assert shop.rows() == []


def test_rollback_sends_nothing(shop: Shop) -> None:
    with suppress(ZeroDivisionError):
        shop.order(more="    1 / 0\n")
    shop.relay()

    assert (shop.sent(), shop.rows(), shop.orders()) == ([], [], 0)


@pytest.mark.parametrize("error", [LedgerUnavailable("t"), NotDurable("t"), GuardError("t", "too many"), Crash()])
def test_relay_sends_what_failed_after_the_commit(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(shop.client, "record", _raising(error))
        with suppress(Crash):
            shop.order()
    assert (shop.sent(), shop.rows()) == ([], [""])

    shop.relay()

    assert (shop.sent(), shop.rows()) == (["order-1"], [])


def test_crash_after_sending_sends_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    record = shop.client.record

    def record_and_die(*arguments: Any, **options: Any) -> None:
        record(*arguments, **options)
        raise Crash

    with monkeypatch.context() as broken:
        broken.setattr(shop.client, "record", record_and_die)
        with suppress(Crash):
            shop.order()
        with suppress(Crash):
            shop.relay()
    assert (shop.sent(), shop.rows()) == (["order-1"], [""])

    shop.relay()

    assert (shop.sent(), shop.rows()) == (["order-1"], [])


def test_message_that_is_never_sent_stays_with_its_problem(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    shop.client.send(TO, "another text", client_tag="order-1")
    with caplog.at_level(logging.ERROR, "outbox"):
        shop.order()
        shop.relay()  # it does not even try it again

    [problem] = shop.rows()
    assert "is already used for another message" in problem
    assert [record.message.split(":")[0] for record in caplog.records] == ["order-1 is never sent"]


def test_invalid_message_is_refused_before_the_commit(shop: Shop) -> None:
    with pytest.raises(ValueError, match=r"^to: "):
        shop.order(to="0312345678")

    assert (shop.orders(), shop.rows()) == (0, [])


def test_all_options_of_send_are_saved(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    more = (
        "    enqueue(session, client, to='08012345678', body='x', client_tag='more', lane='urgent', expires_in=HOUR)\n"
    )
    shop.module.HOUR = timedelta(hours=1)  # type: ignore[attr-defined]

    shop.order(more=more)
    shop.relay()

    message = shop.client.get("more")
    assert message is not None
    assert message.lane == "urgent"
    assert timedelta(minutes=59) < message.expires_at - message.created_at <= timedelta(hours=1)


@pytest.mark.parametrize("page", PAGES)
def test_use_of_the_django_app_runs(django_project: None, page: str) -> None:
    from django.core.management import call_command  # noqa: PLC0415 - only in a project

    call_command("migrate", verbosity=0)
    settings, use, *_ = blocks(read(page), "python")
    names: dict[str, Any] = {"INSTALLED_APPS": []}
    order = SimpleNamespace(objects=SimpleNamespace(create=lambda **_: SimpleNamespace(pk=4711)))
    exec(settings, names)  # noqa: S102 - our own page
    with fake_sms() as sms:
        exec(use, {"Order": order})  # noqa: S102
        assert [sent.client_tag for sent in sms.outbox] == ["order-4711"]
    from django.conf import settings as project  # noqa: PLC0415

    assert set(names["INSTALLED_APPS"]) <= set(project.INSTALLED_APPS)


def test_both_pages_have_the_same_code() -> None:
    english, japanese = ([_without_texts(block) for block in blocks(read(page), "python")] for page in PAGES)

    assert english == japanese


def _without_texts(code: str) -> str:
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            node.values = []
    return ast.unparse(tree)


def _raising(error: BaseException) -> Callable[..., None]:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    return fail
