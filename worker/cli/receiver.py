"""The command `receive-reports`: takes the provider's delivery reports until it is told to stop."""

from prometheus_client import start_http_server

from worker.cli.exits import ExitCode, Failure
from worker.cli.output import AsJson
from worker.logs import configure_logging, log_the_uncaught
from worker.reports import server
from worker.settings import WorkerSettings


def receive_reports(*, as_json: AsJson = False) -> ExitCode:
    """Take delivery reports over HTTP, until SIGTERM or Ctrl-C. Needs ZETTAI_REPORT_PATH, and no token.

    With --json the log is JSON lines, as it is wherever there is no terminal.
    """
    log_format = {"log_format": "json"} if as_json else {}
    settings = WorkerSettings.load(**log_format)
    ledger = server.open_ledger(settings)
    app = server.build_app(settings, ledger)
    configure_logging(settings)
    log_the_uncaught()
    try:
        listener = server.listen(settings)
        if settings.metrics_port is not None:
            start_http_server(settings.metrics_port)
    except OSError as error:
        raise Failure(f"cannot listen: {error.strerror or error}") from None
    try:
        server.serve(server.build_server(app, settings), listener)
    finally:
        ledger.close()
    return ExitCode.OK
