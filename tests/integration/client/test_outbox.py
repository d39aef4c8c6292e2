"""The recipes of docs/how-to/outbox.md, run with their own databases."""

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import pytest
from redis import Redis
from tests.docs.pages import blocks, read

from zettai import LedgerUnavailable, NotDurable, SmsClient

DJANGO, DJANGO_USE, SQLALCHEMY, SQLALCHEMY_USE = blocks(read("docs/how-to/outbox.md"), "python")

DJANGO_ORDER = """

class Order(models.Model):
    item = models.TextField()
"""

SQLALCHEMY_ORDER = """

class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str]
"""


TO = "09012345678"
"""To whom the page sends."""


class Crash(BaseException):
    """The process ends here."""


class Shop(Protocol):
    """An app that uses a recipe."""

    module: ModuleType

    def order(self, to: str = TO) -> None:
        """Make an order with its SMS."""

    def fail(self) -> None:
        """The same, and then a rollback."""

    def relay(self) -> None:
        """One round of the relay."""

    def rows(self) -> list[str]:
        """What is in the outbox: the problem of each row."""

    def orders(self) -> int:
        """How many orders there are."""


def _module(name: str, folder: Path, code: str) -> ModuleType:
    (folder / f"{name}.py").write_text(code, encoding="utf-8")
    __import__(name)
    return sys.modules[name]


class DjangoShop:
    """The recipe for Django, in an app of its own."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module

    def order(self, to: str = TO) -> None:
        """As the page does."""
        exec(compile(DJANGO_USE.replace(TO, to), "a view", "exec"), vars(self.module))  # noqa: S102 - our own page

    def fail(self) -> None:
        """An error within the transaction."""
        with suppress(ZeroDivisionError), self.module.transaction.atomic():
            self.order()
            raise ZeroDivisionError

    def relay(self) -> None:
        """One round."""
        self.module.relay()

    def rows(self) -> list[str]:
        """By its own queries."""
        return [row.problem for row in self.module.OutboxSms.objects.all()]

    def orders(self) -> int:
        """Likewise."""
        return int(self.module.Order.objects.count())


class SqlAlchemyShop:
    """The recipe for SQLAlchemy."""

    def __init__(self, module: ModuleType, engine: Any) -> None:
        self.module = module
        self.engine = engine

    def order(self, to: str = TO, more: str = "") -> None:
        """As the page does."""
        code = compile(SQLALCHEMY_USE.replace(TO, to) + more, "a view", "exec")
        exec(code, {**vars(self.module), "engine": self.engine})  # noqa: S102 - our own page

    def fail(self) -> None:
        """An error within the transaction."""
        with suppress(ZeroDivisionError):
            self.order(more="    1 / 0\n")

    def relay(self) -> None:
        """One round."""
        self.module.relay(self.engine)

    def rows(self) -> list[str]:
        """By its own queries."""
        with self.module.Session(self.engine) as session:
            return [row.problem for row in session.scalars(self.module.select(self.module.OutboxSms)).all()]

    def orders(self) -> int:
        """Likewise."""
        with self.module.Session(self.engine) as session:
            return len(session.scalars(self.module.select(self.module.Order)).all())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the recipes lie as modules."""
    folder = tmp_path_factory.mktemp("shops")
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def django_shop(folder: Path, django_project: None) -> Iterator[Shop]:
    """With its tables in the project's database."""
    from django.db import connection  # noqa: PLC0415 - only here
    from django.test.utils import override_settings  # noqa: PLC0415

    (folder / "shop").mkdir()
    (folder / "shop/__init__.py").touch()
    (folder / "shop/models.py").write_text(DJANGO + DJANGO_ORDER, encoding="utf-8")
    with override_settings(INSTALLED_APPS=["shop"]):
        module = sys.modules["shop.models"]
        with connection.schema_editor() as editor:
            editor.create_model(module.OutboxSms)
            editor.create_model(module.Order)
        yield DjangoShop(module)


@pytest.fixture(scope="module")
def sqlalchemy_shop(folder: Path) -> Iterator[Shop]:
    """With an engine of its own."""
    from sqlalchemy import create_engine  # noqa: PLC0415 - only here

    module = _module("alchemy_shop", folder, SQLALCHEMY + SQLALCHEMY_ORDER)
    engine = create_engine(f"sqlite:///{folder / 'sqlalchemy.db'}")
    module.Base.metadata.create_all(engine)
    yield SqlAlchemyShop(module, engine)
    engine.dispose()


@pytest.fixture(params=["django", "sqlalchemy"])
def shop(request: pytest.FixtureRequest, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A shop with an empty outbox and an empty Redis; its own client is the recipe's."""
    monkeypatch.setenv("ZETTAI_REDIS_URL", redis_url)
    shop: Shop = request.getfixturevalue(f"{request.param}_shop")
    with SmsClient.from_env() as client:
        monkeypatch.setattr(shop.module, "client", client)
        yield shop
        shop.relay()


def _sent(shop: Shop) -> list[str]:
    """The messages that are recorded to be sent, by tag."""
    return [message.client_tag for message in shop.module.client.list()]


def _send(shop: Shop, monkeypatch: pytest.MonkeyPatch, send: Callable[..., object]) -> None:
    monkeypatch.setattr(shop.module.client, "send", send)


def test_commit_sends_the_message(shop: Shop) -> None:
    before = shop.orders()
    shop.order()

    assert shop.orders() == before + 1
    assert len(_sent(shop)) == 1
    assert shop.rows() == []


def test_rollback_sends_nothing(shop: Shop) -> None:
    before = shop.orders()
    shop.fail()
    shop.relay()
    assert (_sent(shop), shop.rows(), shop.orders()) == ([], [], before)

    shop.order()
    assert len(_sent(shop)) == 1


@pytest.mark.parametrize("error", [LedgerUnavailable("t"), NotDurable("t"), Crash()])
def test_relay_sends_what_failed_after_the_commit(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    with monkeypatch.context() as broken:

        def fail(**_: Any) -> None:
            raise error

        _send(shop, broken, fail)
        with suppress(Crash):
            shop.order()
        assert (_sent(shop), shop.rows()) == ([], [""])

    shop.relay()

    assert len(_sent(shop)) == 1
    assert shop.rows() == []


def test_crash_after_sending_sends_once(shop: Shop, monkeypatch: pytest.MonkeyPatch, redis_url: str) -> None:
    send = shop.module.client.send

    def send_and_die(**keywords: Any) -> None:
        send(**keywords)
        raise Crash

    with monkeypatch.context() as broken:
        _send(shop, broken, send_and_die)
        with suppress(Crash):
            shop.order()
        with suppress(Crash):
            shop.relay()
        [tag] = _sent(shop)
        assert shop.rows() == [""]

    shop.relay()

    assert _sent(shop) == [tag]
    assert shop.rows() == []
    with Redis.from_url(redis_url) as redis:
        assert redis.zcard("zettai:state:queued") == 1


def test_invalid_message_stays_in_the_outbox_with_its_reason(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.order(to="0312345678")
    [problem] = shop.rows()
    assert problem.startswith("to: ")
    assert "0312345678" not in problem

    monkeypatch.setattr(shop.module.client, "send", _fail)  # the relay does not even try it again
    shop.relay()


def _fail(**_: Any) -> None:
    raise Crash
