"""The command `cancel-all-reservations`."""

from contextlib import closing
from dataclasses import asdict
from typing import Annotated

import typer

from zettai import GroupCancel, Lane, Settings, State
from zettai.core.publisher import Publisher
from zettai.core.store.audit import AuditAction
from zettai.core.tasks import TaskName
from zettai.writer import cancel_many
from zettai_cli.messages.cancel_group import exit_code, totals_text
from zettai_cli.shared.audit import audit
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.language import say
from zettai_cli.shared.options import AsJson
from zettai_cli.shared.output import Output
from zettai_cli.shared.store import open_store


def cancel_all_reservations(
    *,
    confirm: Annotated[
        str, typer.Option(metavar="CLIENT_ID", help="The client id of the account, to choose and confirm it.")
    ],
    as_json: AsJson = False,
) -> ExitCode:
    """Cancel all reservations of the account at the provider, also those of other systems."""
    outcome = cancel_reservations(Settings.load(), confirm)
    Output(as_json=as_json).show({"outcome": asdict(outcome)}, totals_text(outcome))
    return exit_code(outcome)


def cancel_reservations(settings: Settings, confirm_client_id: str) -> GroupCancel:
    """Cancel the reservations of an account: those of the store one by one, the others by one call of a worker.

    Raises:
        Failure: the client id is not one of the settings. Nothing was canceled.
    """
    accounts = [settings.for_account(name) for name in settings.account_names]
    chosen = next((one for one in accounts if one.client_id == confirm_client_id), None)
    if chosen is None:
        raise Failure(say("--confirm is not the client id in ZETTAI_CLIENT_ID; nothing was canceled"), ExitCode.USAGE)
    settings = chosen
    with open_store(settings) as store, closing(Publisher(settings)) as publisher:
        audit(AuditAction.CANCEL_ALL_RESERVATIONS, store)
        counts, _ = cancel_many(store.cancel, store.tags(state=State.SCHEDULED))
        store.request_bulk_cancel(None)
        publisher.publish(TaskName.CANCEL_ALL, Lane.URGENT, confirm_client_id)
    return counts
