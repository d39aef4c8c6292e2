"""The database of the shop, SQLite."""

import sqlite3
from datetime import timedelta
from secrets import compare_digest, randbelow
from time import time
from uuid import UUID

from flask import Flask, abort, current_app, g

CODE_LIFETIME = timedelta(minutes=10)
MAX_TRIES = 5

SCHEMA = """
CREATE TABLE IF NOT EXISTS sign_ups (
    id TEXT PRIMARY KEY, code TEXT NOT NULL, made_at REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, verified INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, item TEXT NOT NULL, canceled INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS reminders (order_id TEXT PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS handled_events (id TEXT PRIMARY KEY);
"""


def init_app(app: Flask) -> None:
    """Create missing tables. Each request has its own connection."""
    app.teardown_appcontext(_close)
    with app.app_context():
        _database().executescript(SCHEMA)


def new_code() -> str:
    """Return a random code of six digits."""
    return f"{randbelow(1_000_000):06}"


def save_sign_up(person: UUID, code: str) -> None:
    """Save a sign-up."""
    _run("INSERT INTO sign_ups (id, code, made_at) VALUES (?, ?, ?)", str(person), code, time())


def verify(person: UUID, code: str) -> bool:
    """Return whether the code is right. Each try is counted first, so there are never more than `MAX_TRIES`."""
    found = _run(
        "UPDATE sign_ups SET tries = tries + 1 WHERE id = ? AND tries < ? AND made_at > ? RETURNING code",
        str(person),
        MAX_TRIES,
        time() - CODE_LIFETIME.total_seconds(),
    )
    proven = bool(found) and compare_digest(str(found[0]).encode(), code.encode())
    if proven:
        _run("UPDATE sign_ups SET verified = 1 WHERE id = ?", str(person))
    return proven


def is_verified(person: UUID) -> bool:
    """Return whether the phone number is verified. Answer 404 if there is no such sign-up."""
    return bool(_found("SELECT verified FROM sign_ups WHERE id = ?", person))


def save_order(order: UUID, item: str) -> None:
    """Save an order. An existing order does not change."""
    _run("INSERT OR IGNORE INTO orders (id, item) VALUES (?, ?)", str(order), item)


def cancel_order(order: UUID) -> None:
    """Cancel an order. Answer 404 if there is no such order."""
    _found("UPDATE orders SET canceled = 1 WHERE id = ? RETURNING canceled", order)


def save_event(event_id: str, order: UUID, event_type: str) -> None:
    """Save on an order what happened to its reminder, once for each event."""
    with _database() as database:
        if database.execute("INSERT OR IGNORE INTO handled_events (id) VALUES (?)", (event_id,)).rowcount:
            database.execute("INSERT OR REPLACE INTO reminders VALUES (?, ?)", (str(order), event_type))


def reminder_state(order: UUID) -> str | None:
    """Return the last event of the reminder of an order, or None."""
    row = _run("SELECT state FROM reminders WHERE order_id = ?", str(order))
    return str(row[0]) if row else None


def is_canceled(order: UUID) -> bool:
    """Return whether an order is canceled. Answer 404 if there is no such order."""
    return bool(_found("SELECT canceled FROM orders WHERE id = ?", order))


def _found(statement: str, key: UUID) -> object:
    row = _run(statement, str(key))
    if not row:
        abort(404)
    return row[0]


def _run(statement: str, *values: object) -> tuple[object, ...]:
    """Run a statement in its own transaction, and return the first row."""
    with _database() as database:
        rows = database.execute(statement, values).fetchall()
    return rows[0] if rows else ()


def _database() -> sqlite3.Connection:
    if "database" not in g:
        g.database = sqlite3.connect(current_app.config["DATABASE"])
    database: sqlite3.Connection = g.database
    return database


def _close(_error: BaseException | None) -> None:
    if (database := g.pop("database", None)) is not None:
        database.close()
