"""A request for a page: its user, its language and its form, and how it is answered."""

from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlencode

import structlog
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from zettai.core.errors import InvalidMessage
from zettai.core.message import Message
from zettai.core.store.audit import Actor, ActorKind, AuditAction
from zettai_console.language import Language, translations
from zettai_console.rendering import render
from zettai_console.security.forgery import token_of
from zettai_console.security.roles import Right
from zettai_console.security.users import User
from zettai_console.services import Services

logger = structlog.get_logger("zettai.console")

PREFIX = "/console"
"""The path of the console in the gateway."""

Result = TypeVar("Result")


def path_of(route: str, **query: str | None) -> str:
    """Return the path of a page, with the query parameters that are not None."""
    given = {name: value for name, value in query.items() if value}
    return f"{PREFIX}{route}" + (f"?{urlencode(given)}" if given else "")


@dataclass(frozen=True, slots=True)
class Page:
    """A request for a page.

    Attributes:
        request: the request.
        services: what the pages work with.
        language: of the answer.
        user: who sent the request; None before the login.
        form: the fields of a form that was sent.
    """

    request: Request
    services: Services
    language: Language
    user: User | None = None
    form: FormData = field(default_factory=FormData, repr=False)

    def text(self, name: str) -> str:
        """Return a field of the form, or else of the query; "" if it is missing."""
        value = self.form.get(name, self.request.query_params.get(name, ""))
        return "" if isinstance(value, UploadFile) else str(value)

    def texts(self, name: str) -> list[str]:
        """Return all values of a field of the form, such as of check boxes."""
        return [value for value in self.form.getlist(name) if isinstance(value, str)]

    def file(self, name: str) -> UploadFile | None:
        """Return the file of a form, or None if the user chose none."""
        value = self.form.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None

    def say(self, text: str, /, **parameters: object) -> str:
        """Translate a text, and fill in its parameters."""
        translated = translations(self.language).gettext(text)
        return translated % parameters if parameters else translated

    def sentence(self, error: InvalidMessage) -> str:
        """Return what is wrong with an argument, in the user's language."""
        return error.message_ja if self.language is Language.JAPANESE else f"{error.field} {error.reason}."

    @property
    def sees(self) -> str | None:
        """The owner whose messages the user sees; None: those of all."""
        return None if self.user is None else self.user.sees

    def message(self, tag: str) -> Message | None:
        """Return a message with its history, or None if there is none that the user sees."""
        found = self.services.client.get(tag)
        return found if found is not None and self.sees in {None, found.owner} else None

    def may(self, right: Right) -> bool:
        """Return whether the user has a right."""
        return self.user is not None and self.user.may(right)

    @property
    def is_update(self) -> bool:
        """Whether htmx asks for a part of a page that is open."""
        return "hx-request" in self.request.headers

    async def run(self, call: Callable[[], Result]) -> Result:
        """Run a call of the store in a thread."""
        return await self.services.calls.run(call)

    def render(self, template: str, status: int = HTTPStatus.OK, /, **values: Any) -> Response:
        """Return a page or a part of one."""
        common = {
            "page": self,
            "user": self.user,
            "right": Right,
            "csrf": token_of(self.request.session),
            "languages": Language,
            "path_of": path_of,
            "here": self.request.url.path.removeprefix(PREFIX),
        }
        return HTMLResponse(render(self.language, template, {**common, **values}), status)

    def redirect(self, route: str, **query: str | None) -> Response:
        """Return a redirection to another page."""
        return RedirectResponse(path_of(route, **query), HTTPStatus.SEE_OTHER)

    async def run_audited(self, action: AuditAction, call: Callable[[], Result], **details: str | int | None) -> Result:
        """Write what the user is about to do into the audit log, and do it. The details must not be personal."""

        def audit_and_act() -> Result:
            self.audit(action, **details)
            return call()

        return await self.run(audit_and_act)

    def audit(self, action: AuditAction, **details: str | int | None) -> None:
        """Write an entry of the audit log. It must come before the action."""
        user = self.user
        kind = ActorKind.KEY if user is not None and user.has_session else ActorKind.LOGIN
        self.services.store.audit.record(action, Actor(kind, "" if user is None else user.name), **details)

    def log_change(self, action: str, **facts: object) -> None:
        """Log a change with the name of the user. The facts must not be personal."""
        user = None if self.user is None else self.user.name
        logger.info("console_change", action=action, user=user, **facts)
