"""The loggers of the library. They obey the logging of the application that imports it."""

import importlib
import logging
from collections.abc import MutableMapping
from typing import Any


def get_logger(name: str) -> Any:
    """Return a logger with the methods of structlog: an event's name and its fields.

    An application that has configured structlog gets the lines through it, as our own processes do. For every other
    application they are records of the standard library's logger of this name, with the fields in the text, so that
    its levels and handlers apply. An unconfigured structlog would print all of them, also debug lines.
    """
    return _Logger(name)


class _Logger:
    """Chooses at each call, because the application may configure structlog after this library is imported."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, method: str) -> Any:
        # Imported at the first log line, so that `import zettai` is fast.
        structlog = importlib.import_module("structlog")
        if structlog.is_configured():
            return getattr(structlog.get_logger(self._name), method)
        fallback = structlog.wrap_logger(
            logging.getLogger(self._name),
            processors=[structlog.stdlib.filter_by_level, _to_record],
            wrapper_class=structlog.stdlib.BoundLogger,
        )
        return getattr(fallback, method)


def _to_record(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> tuple[tuple[str, str], dict[str, Any]]:
    """A structlog processor: the text of a standard record, such as `task_not_published lane=urgent`."""
    error = event.pop("exc_info", None)
    text = " ".join([event.pop("event"), *(f"{name}={value}" for name, value in event.items())])
    return ("%s", text), {"exc_info": error}
