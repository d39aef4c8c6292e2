"""TLS in front of a server that has none of its own, as stunnel or a managed Redis puts it there.

Run as a process: `python tls_front.py PORT CERTIFICATE` prints the port at which it answers.
"""

import asyncio
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def tls_front(port: int, certificate: Path) -> Iterator[int]:
    """Accept TLS on a port of its own, which is answered, and pass on what is inside to another one.

    Args:
        port: of the server behind, on this machine.
        certificate: with its key, in one file.
    """
    command = [sys.executable, __file__, str(port), str(certificate)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def _serve(port: int, certificate: str) -> None:
    async def pass_on(outer: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        inner, into = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pump(outer, into), _pump(inner, out))

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    front = await asyncio.start_server(pass_on, "127.0.0.1", ssl=context)
    sys.stdout.write(f"{front.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await front.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), sys.argv[2]))
