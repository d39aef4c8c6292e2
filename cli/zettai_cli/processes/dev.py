"""`zettai dev`: run the whole product on this machine, for an application in development."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from zettai_cli.processes.demo_extra import require_demo_extra, stopped_by_sigterm
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.known_texts import translate
from zettai_cli.shared.language import say
from zettai_worker.supervisor.signals import STOP, Signals

if TYPE_CHECKING:
    from zettai_demo.development import Development

MARK = "# Written by zettai dev, which overwrites this file."
"""The first line of a dotenv file. A file without it belongs to the application."""


def dev(
    *,
    redis_port: Annotated[int, typer.Option(min=1, max=65535, help="The port of Redis.")] = 6390,
    inbox_port: Annotated[
        int, typer.Option(min=1, max=65535, help="The port of the simulated provider and its inbox.")
    ] = 8400,
    gateway_port: Annotated[
        int, typer.Option(min=1, max=65535, help="The port of the HTTP API and the console.")
    ] = 8430,
    data: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", file_okay=False, help="Keep the data of Redis here. By default, none is kept."),
    ] = None,
    dotenv: Annotated[
        Path | None,
        typer.Option(metavar="FILE", dir_okay=False, help="Also write the environment into this file."),
    ] = None,
) -> ExitCode:
    """Run everything that an application in development needs, until Ctrl-C. No real SMS is sent.

    Starts an embedded Redis (Valkey), the simulated provider with its inbox page, the workers, and the gateway with
    the console on this machine, and prints the environment for the application. Limits for each number are off.
    """
    require_demo_extra("dev")
    from zettai_demo.development import Ports, StackError, development  # noqa: PLC0415 - only the extra `demo` brings it

    for option, port in (("redis", redis_port), ("inbox", inbox_port), ("gateway", gateway_port)):
        _check_free(port, f"--{option}-port")
    if dotenv is not None:
        _check_ours(dotenv)
    try:
        with (
            stopped_by_sigterm(),
            _folder(data) as folder,
            development(folder, Ports(redis_port, inbox_port, gateway_port)) as running,
        ):
            if dotenv is not None:
                _write(dotenv, running)
            sys.stdout.write(_summary(running, folder))
            sys.stdout.flush()
            with Signals() as signals:
                while not STOP.intersection(signals.wait(None)):
                    running.stack.check()
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except StackError as error:
        raise Failure(str(error)) from None
    return ExitCode.OK


def _check_free(port: int, option: str) -> None:
    """Check that a port is free.

    Raises:
        Failure: it is not.
    """
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise Failure(
            say(
                "cannot listen on port {port}: {strerror}; give another port with {option}",
                port=port,
                strerror=translate(os.strerror(error.errno or 0)),
                option=option,
            )
        ) from None


def _check_ours(file: Path) -> None:
    """Check that a file may be written.

    Raises:
        Failure: it exists, and was not written by this command.
    """
    if file.exists() and not file.read_text(encoding="utf-8", errors="replace").startswith(MARK):
        raise Failure(say("{file} exists and was not written by zettai dev; name another file", file=file))


def _write(file: Path, running: "Development") -> None:
    try:
        file.write_text("\n".join([MARK, *running.lines()]) + "\n", encoding="utf-8")
    except OSError as error:
        raise Failure(
            say("cannot write {file}: {strerror}", file=file, strerror=translate(error.strerror or ""))
        ) from None


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    """Return the folder for data and logs. Without `data` it is deleted at the end."""
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        yield data
        return
    with TemporaryDirectory(prefix="zettai-dev-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _summary(running: "Development", folder: Path) -> str:
    exports = "\n".join(running.lines("export "))
    return say(
        "Ready, until Ctrl-C. No real SMS is sent.\n\n"
        "inbox    {inbox}\n"
        "gateway  {gateway}/docs\n"
        "console  {gateway}/console (log in with the API key, KEY)\n"
        "logs     {folder}\n\n"
        "The environment of your application:\n\n{exports}\n",
        inbox=running.inbox,
        gateway=running.gateway,
        folder=folder,
        exports=exports,
    )
