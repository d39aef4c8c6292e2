"""The `zettai` command: a table of its commands. The code of a command is in the file of its name."""

import sys
from typing import Annotated, Any, ClassVar

import typer

from zettai_cli.shared.exits import SUMMARY
from zettai_cli.shared.lazy import LazyCommand, LazyCommands

_PANELS: dict[str, dict[str, tuple[str, str]]] = {
    "Messages": {
        "send": (
            "messages.send:send",
            "Send one SMS. The command records the message in Redis, and a worker sends it.",
        ),
        "check-text": (
            "messages.check_text:check_text",
            "Check a text before you send it: its length, its parts, and characters that some carriers cannot show.",
        ),
        "status": (
            "messages.status:status",
            "Show one message with its history.",
        ),
        "list": (
            "messages.list:list_messages",
            "List messages, newest first within a state or a group.",
        ),
        "find": (
            "messages.find:find",
            "Find the messages to a phone number, newest first. It needs ZETTAI_INDEX_KEY, or --scan.",
        ),
        "export": (
            "messages.export:export",
            "Export messages to a CSV file in UTF-8, oldest first within a state or a group.",
        ),
        "events": (
            "messages.webhook_events:events",
            "Show what happened to messages, and deliver events again.",
        ),
        "cancel": (
            "messages.cancel:cancel",
            "Cancel one message, unless it is already sent.",
        ),
        "replace": (
            "messages.replace:replace",
            "Replace a message that is not sent yet by one with another time or text. Exactly one of the two is sent.",
        ),
        "cancel-group": (
            "messages.cancel_group:cancel_group",
            "Cancel all messages of a group that are not sent yet. The command shows a preview and asks first.",
        ),
        "cancel-all-reservations": (
            "messages.cancel_all_reservations:cancel_all_reservations",
            "Cancel all reservations of the account at the provider, also those of other systems.",
        ),
        "dead-letters": (
            "messages.dead_letters:dead_letters",
            "List dead letters, newest first within a state: failed, rejected, expired and delivery_unknown messages.",
        ),
        "requeue": (
            "messages.requeue:requeue",
            "Send dead letters again, or undelivered messages, each once and with a new tag.",
        ),
        "erase": (
            "messages.erase:erase",
            "Erase a person: the number, texts and metadata of all messages to a number.",
        ),
    },
    "Campaigns": {
        "send-csv": (
            "campaigns.send_csv.command:send_csv",
            "Send one SMS for each row of a CSV or Excel file. Bad rows are reported, and all other rows are sent.",
        ),
        "report": (
            "campaigns.report.report:report",
            "Report the results of a campaign: outcomes, causes of failures, billed parts, and delivery times.",
        ),
        "campaign": (
            "campaigns.control.commands:campaign",
            "Pause, resume, pace and show a campaign: the messages of a group. Urgent messages are never controlled.",
        ),
        "suppressions": (
            "suppressions.commands:suppressions",
            "Numbers to which no messages are sent, because their owners opted out.",
        ),
    },
    "Operations": {
        "top": (
            "operations.top.top:top",
            "Show the send rate, queues, states, problems, workers and beat live, until Ctrl-C.",
        ),
        "doctor": (
            "operations.doctor.doctor:doctor",
            "Check settings, Redis, the provider and the workers.",
        ),
        "upgrade": (
            "operations.upgrade:upgrade",
            "Upgrade a store that an older version has written. All processes of that version must be stopped.",
        ),
        "limiter": (
            "operations.limiter:limiter",
            "Show or change the rate limit that all workers on all hosts share.",
        ),
        "guards": (
            "operations.guards:guards",
            "Show what the guards have counted and refused, or resume a producer.",
        ),
        "reconcile": (
            "operations.reconcile:reconcile",
            "Compare the store with the provider, correct the store, and show the differences.",
        ),
        "audit": (
            "operations.audit:audit",
            "Show who canceled, requeued, exported numbers, erased, or changed how messages are sent; newest first.",
        ),
    },
    "Processes": {
        "worker": (
            "processes.worker:worker",
            "Run the worker processes of this host, and restart those that crash, until SIGTERM or Ctrl-C.",
        ),
        "gateway": (
            "processes.gateway:gateway",
            "Run the HTTP API, until SIGTERM or Ctrl-C. It needs ZETTAI_GATEWAY_KEYS_FILE but no token.",
        ),
        "gateway-key": (
            "processes.gateway_key:gateway_key",
            "Create an API key for the gateway.",
        ),
        "receive-reports": (
            "processes.receive_reports:receive_reports",
            "Receive delivery reports from the provider, until SIGTERM or Ctrl-C.",
        ),
        "webhooks": (
            "processes.webhooks:webhooks",
            "Deliver events to the endpoints of ZETTAI_WEBHOOKS_FILE by HTTPS, until SIGTERM or Ctrl-C.",
        ),
        "console": (
            "processes.console:console",
            "Run the web console for support and campaign staff at the path /console, until SIGTERM or Ctrl-C.",
        ),
        "exporter": (
            "processes.exporter:exporter",
            "Serve the metrics of the whole installation to Prometheus, until SIGTERM or Ctrl-C.",
        ),
        "dev": (
            "processes.dev:dev",
            "Run everything that an application in development needs, until Ctrl-C. No real SMS is sent.",
        ),
        "simulate": (
            "processes.simulate:simulate",
            "Run the simulator of the provider, for development and tests.",
        ),
        "demo": (
            "processes.demo:demo",
            "Send a campaign through real workers to a simulated provider, inject faults, and check the result.",
        ),
    },
}
"""For each heading of `--help` the commands: where they are, and how their help begins."""

_OPTIONS: dict[str, dict[str, Any]] = {
    # The simulator has options of its own.
    "simulate": {
        "add_help_option": False,
        "context_settings": {"allow_extra_args": True, "ignore_unknown_options": True},
    }
}


class _ZettaiCommands(LazyCommands):
    lazy: ClassVar = {
        name: LazyCommand(f"zettai_cli.{target}", summary, panel, _OPTIONS.get(name, {}))
        for panel, commands in _PANELS.items()
        for name, (target, summary) in commands.items()
    }


app = typer.Typer(
    name="zettai",
    cls=_ZettaiCommands,
    epilog=SUMMARY,
    no_args_is_help=True,
    add_completion=True,
    # A traceback shows the values of variables, such as the token or a phone number.
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - Typer passes it by position
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - takes longer than the rest of `zettai --help`

        typer.echo(version("zettai-sms"))
        raise typer.Exit


@app.callback()
def _zettai(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Send, schedule, cancel and track SMS through 絶対リーチ! SMS. Settings are ZETTAI_… environment variables."""
    # It runs before a command, and not for `--help`. Programs read stdout. The log goes to stderr.
    import structlog  # noqa: PLC0415

    class Problems(structlog.PrintLogger):
        """Prints warnings and errors. A command prints its result; facts about it are for the logs of processes."""

        def debug(self, message: str) -> None:
            """Print nothing."""

        info = debug

    # The default format of tracebacks shows the values of variables.
    console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[structlog.processors.add_log_level, console], logger_factory=lambda *_: Problems(sys.stderr)
    )
