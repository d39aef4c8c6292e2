"""The error of all processes that cannot listen on their port."""

from collections.abc import Iterator
from contextlib import contextmanager

from zettai.core.errors import ZettaiError


class CannotListen(ZettaiError):  # noqa: N818 - reads as the fact that it states
    """The port is in use, or the address does not exist. The error text is one line that names the port."""


@contextmanager
def listen_errors(port: int) -> Iterator[None]:
    """Translate an OSError into `CannotListen`.

    Raises:
        CannotListen: the port is in use, or the address does not exist.
    """
    try:
        yield
    except OSError as error:
        raise CannotListen(f"cannot listen on port {port}: {error.strerror or error}") from None
