"""The error of all processes that cannot listen on their port."""

from collections.abc import Iterator
from contextlib import contextmanager

from zettai_cli.shared.exits import Failure


@contextmanager
def listen_errors(*ports: int | None) -> Iterator[None]:
    """Translate an OSError into a `Failure` that names the ports."""
    try:
        yield
    except OSError as error:
        names = " or ".join(str(port) for port in ports if port is not None)
        raise Failure(f"cannot listen on port {names}: {error.strerror or error}") from None
