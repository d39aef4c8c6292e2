"""The commands by name. What each does stands in the module of its noun."""

import typer

from worker.cli import (
    campaigns,
    cancels,
    dead_letters,
    doctor,
    exporter,
    exports,
    gateway,
    messages,
    processes,
    receiver,
    reconcile,
    texts,
)
from worker.cli.demo import demo
from worker.cli.exits import SUMMARY, Commands
from worker.cli.rate import limiter
from worker.cli.report import report
from worker.cli.top import top

app = typer.Typer(
    name="zettai",
    cls=Commands,
    help="Send, schedule, cancel and track SMS through 絶対リーチ! SMS. Settings come from ZETTAI_… variables.",
    epilog=SUMMARY,
    no_args_is_help=True,
    add_completion=True,
    # A traceback with the values of variables could show a token or a phone number.
    pretty_exceptions_enable=False,
)

app.command()(messages.send)
app.command()(campaigns.send_csv)
app.command("check-text")(texts.check)
app.command()(messages.status)
app.command("list")(messages.list_)
app.command()(exports.export)
app.command()(report)
app.command()(cancels.cancel)
app.command()(cancels.cancel_group)
app.command()(cancels.cancel_all_reservations)
app.command()(dead_letters.dead_letters)
app.command()(dead_letters.requeue)
app.command()(reconcile.reconcile)
app.add_typer(limiter, name="limiter")
app.command()(top)
app.command()(doctor.doctor)
app.command()(processes.worker)
app.command()(receiver.receive_reports)
app.command()(exporter.exporter)
app.command()(gateway.gateway)
app.command()(gateway.gateway_key)
app.command(add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(
    processes.simulate
)
app.command()(demo)
