"""What users may do: rights, the roles of a proxy's users, and the rights of an API key's scopes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from zettai.gateway.api_keys import Scope

ANYONE = "*"
"""The user of the role table that stands for all others."""


class Right(StrEnum):
    """What a user may do in the console."""

    VIEW = "view"
    """See messages, campaigns and the account, with masked numbers and without texts."""
    SEND = "send"
    """Send files, and send dead letters again."""
    CANCEL = "cancel"
    """Cancel messages and campaigns."""
    SUPPRESS = "suppress"
    """Check and change the suppression list."""
    FIND = "find"
    """Find messages by phone number."""
    PERSONAL = "personal"
    """See full numbers, texts and metadata."""


class Role(StrEnum):
    """The role of a user that a proxy has logged in."""

    READ = "read"
    SEND = "send"
    ADMIN = "admin"


ROLE_RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.READ: frozenset({Right.VIEW, Right.FIND}),
    Role.SEND: frozenset({Right.VIEW, Right.FIND, Right.SEND, Right.CANCEL, Right.SUPPRESS}),
    Role.ADMIN: frozenset(Right),
}

SCOPE_RIGHTS: Mapping[Scope, frozenset[Right]] = {
    Scope.READ: frozenset({Right.VIEW}),
    Scope.SEND: frozenset({Right.SEND}),
    Scope.CANCEL: frozenset({Right.CANCEL}),
    Scope.SUPPRESS: frozenset({Right.SUPPRESS}),
    Scope.FIND: frozenset({Right.FIND}),
    Scope.ADMIN: frozenset({Right.PERSONAL}),
}
"""The rights of each scope. A scope that is missing here gives none."""


@dataclass(frozen=True, slots=True)
class RoleTable:
    """The roles of the users that a proxy has logged in."""

    roles: Mapping[str, Role]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse entries such as `aoki@example.com=admin`, with spaces between them.

        Raises:
            ValueError: an entry has another form, an unknown role, or a user that an earlier one has.
        """
        roles: dict[str, Role] = {}
        for entry in text.split():
            user, _, role = entry.rpartition("=")
            if not user or role not in list(Role) or user in roles:
                raise ValueError(f"must be USER=ROLE, each user once, with a role of {', '.join(Role)}; got {entry!r}")
            roles[user] = Role(role)
        return cls(roles)

    def rights_of(self, user: str) -> frozenset[Right]:
        """Return the rights of a user: those of its role, or of `*`, or none."""
        role = self.roles.get(user, self.roles.get(ANYONE))
        return frozenset() if role is None else ROLE_RIGHTS[role]


def rights_of_scopes(scopes: frozenset[Scope]) -> frozenset[Right]:
    """Return the rights of an API key."""
    return frozenset(right for scope in scopes for right in SCOPE_RIGHTS.get(scope, ()))
