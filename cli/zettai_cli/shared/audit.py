"""Writes what a command is about to do into the audit log."""

import os
import pwd

from zettai.core.store import MessageStore
from zettai.core.store.audit import Actor, ActorKind, AuditAction
from zettai_cli.shared.store import open_store


def audit(action: AuditAction, store: MessageStore | None = None, **details: str | int | None) -> None:
    """Write an entry. It must come before the action, so that no action is without one.

    Args:
        action: what is about to be done.
        store: an open store; without one, it is opened for this entry.
        details: what it is done to, without personal data.

    Raises:
        RedisError: Redis did not answer. The action must not be done then.
    """
    if store is not None:
        store.audit.record(action, _actor(), **details)
        return
    with open_store() as opened:
        opened.audit.record(action, _actor(), **details)


def _actor() -> Actor:
    """Return the user who runs the command: by the operating system, because variables can be set by anyone.

    With sudo it is the user who called it.
    """
    name = os.environ.get("SUDO_USER") if os.getuid() == 0 else None
    if not name:
        try:
            name = pwd.getpwuid(os.getuid()).pw_name
        except KeyError:  # a container may run with a number that has no name
            name = str(os.getuid())
    return Actor(ActorKind.USER, name)
