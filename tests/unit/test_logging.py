"""Log lines: one format, and masked secrets."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest
import structlog

from zettai.core.logging import LIBRARIES_PER_CALL, LIBRARIES_PER_TASK, configure_logging
from zettai_worker.settings import WorkerSettings

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is logged, as JSON lines."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    touched = [logging.getLogger(), *(logging.getLogger(name) for name in (*LIBRARIES_PER_CALL, *LIBRARIES_PER_TASK))]
    before = [(logger, logger.level, logger.handlers) for logger in touched]
    configure_logging(WorkerSettings.load(token=TOKEN, client_id="1234", sms_code="12345", log_format="json"))
    yield stream
    structlog.reset_defaults()
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers = handlers


def _last(lines: io.StringIO) -> dict[str, object]:
    return dict(json.loads(lines.getvalue().splitlines()[-1]))


def test_lines_of_libraries_have_the_same_fields(lines: io.StringIO) -> None:
    structlog.get_logger("ours").info("happened", client_tag="t")
    ours = _last(lines)
    logging.getLogger("theirs").warning("happened %s", "too")
    theirs = _last(lines)

    assert {"event", "level", "logger", "timestamp"} <= set(ours) & set(theirs)
    assert (ours["event"], theirs["event"]) == ("happened", "happened too")


@pytest.mark.parametrize(
    "text", [f"GET /status.json?token={TOKEN}", "to 09012345678", "to +819012345678", "02012345678901"]
)
def test_secrets_and_numbers_of_libraries_are_masked(lines: io.StringIO, text: str) -> None:
    logging.getLogger("careless").error(text)
    try:
        int(text)
    except ValueError:
        logging.getLogger("careless").exception("failed")

    for secret in (TOKEN, "9012345678", "2012345678901"):
        assert secret not in lines.getvalue()


STRUCTLOG = """
import structlog
structlog.configure([structlog.processors.JSONRenderer()], logger_factory=structlog.PrintLoggerFactory(sys.stderr))
"""

LIBRARY = """
import logging, sys
from zettai.core.loggers import get_logger
{setup}
get_logger("zettai.producers").debug("looked_up", client_tag="t 1")
get_logger("zettai.producers").warning("task_not_published", lane="urgent", percent="100%s")
"""


@pytest.mark.parametrize(
    ("setup", "stderr"),
    [
        ("", "task_not_published lane=urgent percent=100%s\n"),
        ("logging.basicConfig(level='ERROR')", ""),
        (
            "logging.basicConfig(level='DEBUG', format='%(name)s %(levelname)s %(message)s')",
            (
                "zettai.producers DEBUG looked_up client_tag=t 1\n"
                "zettai.producers WARNING task_not_published lane=urgent percent=100%s\n"
            ),
        ),
        (
            STRUCTLOG,
            (
                '{"client_tag": "t 1", "event": "looked_up"}\n'
                '{"lane": "urgent", "percent": "100%s", "event": "task_not_published"}\n'
            ),
        ),
    ],
)
def test_library_obeys_the_logging_of_the_application(setup: str, stderr: str) -> None:
    program = LIBRARY.format(setup=setup)
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (ended.stdout, ended.stderr) == ("", stderr)
