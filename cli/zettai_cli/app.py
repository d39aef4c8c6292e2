"""The commands by name. What each does stands in the module of its noun."""

import typer

from zettai_cli.campaigns import send_csv
from zettai_cli.campaigns.report import report
from zettai_cli.messages import cancel, check_text, dead_letters, export, messages
from zettai_cli.operations import reconcile
from zettai_cli.operations.doctor import doctor
from zettai_cli.operations.limiter import limiter
from zettai_cli.operations.top import top
from zettai_cli.processes import demo, exporter, gateway, receive_reports, worker
from zettai_cli.shared.exits import SUMMARY, Commands

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
app.command()(send_csv.send_csv)
app.command("check-text")(check_text.check)
app.command()(messages.status)
app.command("list")(messages.list_)
app.command()(export.export)
app.command()(report)
app.command()(cancel.cancel)
app.command()(cancel.cancel_group)
app.command()(cancel.cancel_all_reservations)
app.command()(dead_letters.dead_letters)
app.command()(dead_letters.requeue)
app.command()(reconcile.reconcile)
app.add_typer(limiter, name="limiter")
app.command()(top)
app.command()(doctor.doctor)
app.command()(worker.worker)
app.command()(receive_reports.receive_reports)
app.command()(exporter.exporter)
app.command()(gateway.gateway)
app.command()(gateway.gateway_key)
app.command(add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(
    worker.simulate
)
app.command()(demo.demo)
