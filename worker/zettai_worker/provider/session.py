"""A `requests.Session` for the provider: one adapter with one pool, and nothing from the environment."""

from collections.abc import Mapping
from threading import local

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3 import BaseHTTPResponse, HTTPConnectionPool


class BeforeSendAdapter(HTTPAdapter):
    """Sends each request through one pool, whose connections run the before-send hook. It never retries.

    The pool belongs to one host, and its TLS context already has the version and the certificates to trust.
    """

    def __init__(self, pool: HTTPConnectionPool) -> None:
        super().__init__()
        self._pool = pool

    def get_connection_with_tls_context(
        self,
        request: PreparedRequest,  # noqa: ARG002
        verify: bool | str | None,  # noqa: ARG002, FBT001
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
        cert: tuple[str, str] | str | None = None,  # noqa: ARG002
    ) -> HTTPConnectionPool:
        """Return the pool, whatever the request and the session say about hosts, proxies and certificates."""
        return self._pool

    def cert_verify(self, conn: object, url: object, verify: object, cert: object) -> None:
        """Change nothing. requests would add its own authorities to those that the pool trusts."""

    def request_url(self, request: PreparedRequest, proxies: Mapping[str, str] | None) -> str:  # noqa: ARG002
        """Return the path. requests would look for a proxy first."""
        return request.path_url

    def build_response(self, req: PreparedRequest, resp: BaseHTTPResponse) -> Response:
        """Return the answer with its headers as urllib3 has them, and without cookies, which nothing reads."""
        response = Response()
        response.status_code = resp.status
        response.headers = resp.headers  # type: ignore[assignment]  # it ignores case too
        response.raw = resp
        response.request = req
        return response

    def close(self) -> None:
        """Close the pool too."""
        self._pool.close()
        super().close()


class NoCookies(RequestsCookieJar):
    """Keeps no cookie, and takes no time to look for them."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Do nothing."""


class ProviderSession(Session):
    """A session that reads nothing from the environment, follows no redirect and keeps no cookie."""

    def __init__(self, adapter: BeforeSendAdapter) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies = NoCookies()
        for prefix in ("https://", "http://"):
            self.mount(prefix, adapter)

    def get_redirect_target(self, resp: Response) -> None:
        """Return None. With a target, requests would read the whole answer, of any size, before we see it."""


class ThreadSessions(local):
    """One session for each thread, because requests does not promise that threads can share a session.

    All sessions send through the same adapter, and urllib3's pools are safe for threads.
    """

    def __init__(self, adapter: BeforeSendAdapter) -> None:
        """Make the session of the present thread; `local` calls this once in each thread."""
        self.current = ProviderSession(adapter)
