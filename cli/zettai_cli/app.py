"""The `zettai` command. The code of a command is in the file of its name."""

import typer

from zettai_cli.campaigns.report.report import report
from zettai_cli.campaigns.send_csv import send_csv
from zettai_cli.messages.cancel import cancel
from zettai_cli.messages.cancel_all_reservations import cancel_all_reservations
from zettai_cli.messages.cancel_group import cancel_group
from zettai_cli.messages.check_text import check_text
from zettai_cli.messages.dead_letters import dead_letters
from zettai_cli.messages.events import events
from zettai_cli.messages.export import export
from zettai_cli.messages.list import list_messages
from zettai_cli.messages.replace import replace
from zettai_cli.messages.requeue import requeue
from zettai_cli.messages.send import send
from zettai_cli.messages.status import status
from zettai_cli.operations.doctor.doctor import doctor
from zettai_cli.operations.limiter import limiter
from zettai_cli.operations.reconcile import reconcile
from zettai_cli.operations.top.top import top
from zettai_cli.processes.demo import demo
from zettai_cli.processes.exporter import exporter
from zettai_cli.processes.gateway import gateway
from zettai_cli.processes.gateway_key import gateway_key
from zettai_cli.processes.receive_reports import receive_reports
from zettai_cli.processes.simulate import simulate
from zettai_cli.processes.worker import worker
from zettai_cli.shared.exits import SUMMARY, Commands
from zettai_cli.suppressions.commands import suppressions

app = typer.Typer(
    name="zettai",
    cls=Commands,
    help="Send, schedule, cancel and track SMS through 絶対リーチ! SMS. Settings are ZETTAI_… environment variables.",
    epilog=SUMMARY,
    no_args_is_help=True,
    add_completion=True,
    # A traceback shows the values of variables, such as the token or a phone number.
    pretty_exceptions_enable=False,
)

# Messages
app.command()(send)
app.command()(check_text)
app.command()(status)
app.command("list")(list_messages)
app.command()(export)
app.add_typer(events, name="events")
app.command()(cancel)
app.command()(replace)
app.command()(cancel_group)
app.command()(cancel_all_reservations)
app.command()(dead_letters)
app.command()(requeue)

# Campaigns
app.command()(send_csv)
app.command()(report)
app.add_typer(suppressions, name="suppressions")

# Operations
app.command()(top)
app.command()(doctor)
app.add_typer(limiter, name="limiter")
app.command()(reconcile)

# Processes
app.command()(worker)
app.command()(gateway)
app.command()(gateway_key)
app.command()(receive_reports)
app.command()(exporter)
# The simulator has options of its own.
app.command(add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(
    simulate
)
app.command()(demo)
