"""The database of the shop, with SQLAlchemy."""

import os
from datetime import timedelta
from secrets import compare_digest, randbelow
from time import time
from uuid import UUID

from sqlalchemy import create_engine, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

CODE_LIFETIME = timedelta(minutes=10)
MAX_TRIES = 5

engine = create_engine(os.environ.get("SHOP_DATABASE_URL", "sqlite:///shop.sqlite3"))


class Base(DeclarativeBase):
    """The base class of the tables."""


class SignUp(Base):
    """A phone number to verify, and the code that was sent to it."""

    __tablename__ = "sign_ups"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    made_at: Mapped[float] = mapped_column(default=time)
    tries: Mapped[int] = mapped_column(default=0)
    verified: Mapped[bool] = mapped_column(default=False)


class Order(Base):
    """An order to pick up."""

    __tablename__ = "orders"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    item: Mapped[str]
    canceled: Mapped[bool] = mapped_column(default=False)
    reminder: Mapped[str | None] = mapped_column(default=None)


class HandledEvent(Base):
    """An event about a message that was handled."""

    __tablename__ = "handled_events"

    id: Mapped[str] = mapped_column(primary_key=True)


def create_tables() -> None:
    """Create missing tables."""
    Base.metadata.create_all(engine)


def new_code() -> str:
    """Return a random code of six digits."""
    return f"{randbelow(1_000_000):06}"


def save_sign_up(person: UUID, code: str) -> None:
    """Save a sign-up."""
    with Session(engine) as session, session.begin():
        session.add(SignUp(id=person, code=code))


def verify(person: UUID, code: str) -> bool:
    """Return whether the code is right. Each try is counted first, so there are never more than `MAX_TRIES`."""
    young = SignUp.made_at > time() - CODE_LIFETIME.total_seconds()
    counted = update(SignUp).where(SignUp.id == person, young, SignUp.tries < MAX_TRIES).values(tries=SignUp.tries + 1)
    with Session(engine) as session, session.begin():
        right = session.scalar(counted.returning(SignUp.code))
    if right is None or not compare_digest(right.encode(), code.encode()):
        return False
    with Session(engine) as session, session.begin():
        session.execute(update(SignUp).where(SignUp.id == person).values(verified=True))
    return True


def is_verified(person: UUID) -> bool | None:
    """Return whether the phone number is verified, or None if there is no such sign-up."""
    with Session(engine) as session:
        found = session.get(SignUp, person)
        return None if found is None else found.verified


def save_order(order: UUID, item: str) -> None:
    """Save an order. An existing order does not change."""
    with Session(engine) as session, session.begin():
        if session.get(Order, order) is None:
            session.add(Order(id=order, item=item))


def cancel_order(order: UUID) -> bool:
    """Cancel an order. Return False if there is no such order."""
    with Session(engine) as session, session.begin():
        noted = update(Order).where(Order.id == order).values(canceled=True).returning(Order.id)
        return session.scalar(noted) is not None


def save_event(event_id: str, order: str, event_type: str) -> None:
    """Save on an order what happened to its reminder, once for each event."""
    with Session(engine) as session, session.begin():
        if session.get(HandledEvent, event_id) is None:
            session.add(HandledEvent(id=event_id))
            session.execute(update(Order).where(Order.id == UUID(order)).values(reminder=event_type))


def reminder_state(order: UUID) -> str | None:
    """Return the last event of the reminder of an order, or None."""
    with Session(engine) as session:
        found = session.get(Order, order)
        return None if found is None else found.reminder


def is_canceled(order: UUID) -> bool | None:
    """Return whether an order is canceled, or None if there is no such order."""
    with Session(engine) as session:
        found = session.get(Order, order)
        return None if found is None else found.canceled
