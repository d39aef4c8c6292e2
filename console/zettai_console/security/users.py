"""The users of the console: who a request comes from."""

from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request

from zettai.core.accounts import account_label
from zettai.core.delivery_reports.sources import Sources, parse_networks
from zettai.gateway.api_keys import ApiKeys
from zettai.gateway.server import peer_of
from zettai.gateway.tag_owners import is_kept_for_other
from zettai_console.campaign_file import Author
from zettai_console.security.roles import Right, RoleTable, rights_of_scopes
from zettai_console.security.sessions import begin
from zettai_console.settings import ConsoleSettings

KEY = "key"
"""The field of the session that has the hash of the API key."""

CREATED_BY = "console"
"""Who makes the messages of a proxy's users, whose names may be addresses of e-mail."""

LONGEST_NAME = 200
"""Characters of a user's name in the proxy's header."""


@dataclass(frozen=True, slots=True)
class User:
    """A user.

    Attributes:
        name: of the API key, or as the proxy says. It appears in the log of each change.
        rights: what the user may do.
        created_by: who makes the messages that the user sends, as their records say it.
        team: of the API key, if it has one.
        sees: the owner whose messages the user sees and changes; None: those of all.
        has_session: whether the user logged in here, and can log out here. A proxy's users do that at the proxy.
    """

    name: str
    rights: frozenset[Right]
    created_by: str
    team: str | None
    sees: str | None
    has_session: bool

    @property
    def owner(self) -> str:
        """The owner of what the user makes."""
        return self.team or self.created_by

    def may(self, right: Right) -> bool:
        """Return whether the user has a right."""
        return right in self.rights


class Users:
    """Finds the user of a request: by the header of a trusted proxy, or by the session."""

    def __init__(self, settings: ConsoleSettings) -> None:
        self._keys: ApiKeys | None = settings.api_keys()
        self._table = RoleTable.parse(settings.console_users or "")
        self._header = settings.console_user_header
        self._accounts = {account_label(account) for account in settings.account_names}
        networks = parse_networks(settings.console_proxies)
        self._proxies = Sources(networks) if networks else None

    @property
    def have_keys(self) -> bool:
        """Whether users can log in with an API key."""
        return self._keys is not None

    def find(self, request: Request) -> User | None:
        """Return the user of a request, or None before the login."""
        return self._from_proxy(request) or self._from_session(request)

    def author(self, user: User) -> Author:
        """Return the user as the author of messages."""
        keys = self._keys
        if keys is None or user.sees is None:
            return Author(user.created_by, user.team, lambda _: False)
        return Author(user.created_by, user.team, lambda tag: is_kept_for_other(tag, user.owner, keys))

    def log_in(self, request: Request, key: str) -> User | None:
        """Log in with an API key. Return None if it is not valid here, or gives no right in the console."""
        found = None if self._keys is None else self._keys.find(key)
        if found is None or Right.VIEW not in rights_of_scopes(found.scopes):
            return None
        request.session.clear()  # a session that was made before the login is not kept
        request.session[KEY] = found.hash
        begin(request.session)
        return self._from_session(request)

    def _from_proxy(self, request: Request) -> User | None:
        """Return the user in the header of a trusted proxy. It replaces a session."""
        name = request.headers.get(self._header, "").strip()
        if self._proxies is None or not name or not self._proxies.allow(peer_of(request.scope)):
            return None
        if len(name) > LONGEST_NAME or not name.isprintable():
            return None
        rights = self._table.rights_of(name)
        return User(name, rights, CREATED_BY, team=None, sees=None, has_session=False) if rights else None

    def _from_session(self, request: Request) -> User | None:
        """Return the user who logged in with an API key, while that key is valid for the user's address."""
        digest = request.session.get(KEY)
        found = self._keys.find_hash(digest) if self._keys is not None and isinstance(digest, str) else None
        host = request.client.host if request.client else None
        if found is None or found.is_expired(datetime.now(UTC)) or not found.allows(host):
            return None
        if found.accounts and not self._accounts <= set(found.accounts):
            return None  # the console does not keep accounts apart
        rights = rights_of_scopes(found.scopes)
        return User(found.name, rights, found.name, found.team, found.sees, has_session=True)
