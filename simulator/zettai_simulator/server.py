"""The HTTP server: it reads requests, calls the provider or the control API, and sends their replies."""

import asyncio
import json
import random
import signal
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from os import getpid
from typing import cast
from urllib.parse import parse_qsl

from aiohttp import web

from zettai_simulator import inbox
from zettai_simulator.api import ENDPOINTS, Endpoint
from zettai_simulator.connections import Connection, ConnectionFactory
from zettai_simulator.control import PREFIX, Control
from zettai_simulator.fields import Fields
from zettai_simulator.journal import Journal
from zettai_simulator.messages import Message
from zettai_simulator.provider import Provider
from zettai_simulator.pusher import Pusher
from zettai_simulator.replies import JSON_TYPE, Reply, failed
from zettai_simulator.settings import Certificate, Settings
from zettai_simulator.sockets import StampingListener

_BACKLOG = 1024
_FORM_TYPE = "application/x-www-form-urlencoded"
_AT_ONCE = 0.05  # seconds; aiohttp takes 0 for "as long as it takes"


class Server:
    """One simulator with all its parts.

    Args:
        settings: Of the simulator.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._journal = Journal(settings.journal)
        self._pusher = Pusher(settings.reports, settings.credentials.client_id)
        self._provider = Provider(settings, self._taken)
        self._control = Control(self._provider, self._pusher)
        self._random = random.Random(settings.seed)  # noqa: S311 - jitter, not secrets
        self._factory = ConnectionFactory(self._respond, access_log=None, tcp_keepalive=False)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Serve inside the block, which gets the URL, and stop at its end without waiting for open connections."""
        settings = self._settings
        listener = StampingListener.bound(settings.host, settings.port)
        tls = None if settings.certificate is None else tls_context(settings.certificate)
        server = await asyncio.get_running_loop().create_server(self._factory, sock=listener, ssl=tls, backlog=_BACKLOG)
        try:
            yield _url(listener, tls=tls is not None)
        finally:
            server.close()
            await self._factory.shutdown(_AT_ONCE)
            await self._pusher.close()
            self._journal.close()

    def _taken(self, message: Message) -> None:
        self._journal.write(message)
        self._pusher.watch(message)

    async def _respond(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        arrival = cast("Connection", request.protocol).take_arrival()
        endpoint = ENDPOINTS.get(request.path)
        if endpoint is not None:
            return await self._respond_as_provider(request, endpoint, body, arrival)
        if request.path.startswith(PREFIX):
            status, content = self._control.answer(request.method, request.raw_path, body)
            return web.Response(status=status, body=json.dumps(content).encode(), content_type=JSON_TYPE)
        if request.method == "GET" and (page := inbox.page(request.path)) is not None:
            return web.Response(body=page.content, headers=page.headers)
        return _response(failed(404))

    async def _respond_as_provider(
        self, request: web.BaseRequest, endpoint: Endpoint, body: bytes, arrival: int
    ) -> web.StreamResponse:
        if request.method != endpoint.method:
            return _response(failed(405))
        reply = self._provider.handle(endpoint, _fields(request, body), arrival)
        self._provider.in_flight += 1
        try:
            await self._wait(reply)
        finally:
            self._provider.in_flight -= 1
        transport = request.transport
        if reply.body is None and transport is not None:
            transport.abort()
        if transport is not None and reply.again_after == 0:
            transport.write(_raw(reply))
        elif transport is not None and reply.again_after is not None:
            asyncio.get_running_loop().call_later(reply.again_after, transport.write, _raw(reply))
        return _response(reply)

    async def _wait(self, reply: Reply) -> None:
        latency = self._provider.latency
        delay = latency.seconds + latency.jitter * self._random.random() + reply.delay
        if delay:
            await asyncio.sleep(delay)


def tls_context(certificate: Certificate) -> ssl.SSLContext:
    """Return a context for TLS 1.2 only, like the provider."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate.chain, certificate.key)
    return context


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; the first line on stdout is JSON with the URL and the process id."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    if settings.tethered:
        loop.add_reader(sys.stdin, stopped.set)
    async with Server(settings).running() as url:
        sys.stdout.write(json.dumps({"url": url, "pid": getpid()}) + "\n")
        sys.stdout.flush()
        await stopped.wait()


def _url(listener: StampingListener, *, tls: bool) -> str:
    host, port = listener.getsockname()[:2]
    return f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def _fields(request: web.BaseRequest, body: bytes) -> Fields:
    """Return the form of a POST, else the query; a body of another type counts as an empty form."""
    if request.method != "POST":
        return dict(parse_qsl(request.rel_url.raw_query_string))
    if request.content_type != _FORM_TYPE:
        return {}
    return dict(parse_qsl(body.decode(errors="replace")))


def _response(reply: Reply) -> web.Response:
    headers = {"Content-Type": reply.content_type, **reply.headers}
    return web.Response(status=reply.status, body=reply.body, headers=headers)


def _raw(reply: Reply) -> bytes:
    """Return a whole answer as it is on the wire, to be sent although no request asks for it."""
    body = reply.body or b""
    head = f"HTTP/1.1 {reply.status} OK\r\nContent-Type: {reply.content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
