"""The words of `python -m zettai_simulator`, and the settings that they mean."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from zettai_simulator.carriers import Pace
from zettai_simulator.clock import micros
from zettai_simulator.faults import Fault
from zettai_simulator.fields import Credentials
from zettai_simulator.settings import CLIENT_ID, TOKEN, Certificate, Latency, ReportFormat, Reports, Settings
from zettai_simulator.throttle import Limit


def settings_from(words: Sequence[str] | None = None) -> Settings:
    """Read the command line; wrong words end the process with a usage message."""
    parser = _parser()
    given = parser.parse_args(words)
    if (given.certificate is None) != (given.key is None):
        parser.error("--certificate and --key go together")
    return Settings(
        host=given.host,
        port=given.port,
        credentials=Credentials(given.token, given.client_id),
        pace=Pace(micros(given.delivery_after), micros(given.kddi_failure_after)),
        limit=Limit(given.limit or None, micros(given.throttle_for), given.retry_after),
        latency=Latency(given.latency, given.jitter),
        quota=given.quota,
        faults=tuple(given.fault),
        seed=given.seed,
        hang=given.hang_for,
        reports=Reports(given.report_url, given.report_format, given.report_patience, given.report_pause),
        journal=given.journal,
        certificate=None if given.key is None else Certificate(given.certificate, given.key),
        tethered=given.tethered,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m zettai_simulator",
        description="The SMS provider's API, to develop and test against. Durations are in seconds.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    _add_server(parser.add_argument_group("server"))
    _add_account(parser.add_argument_group("account"))
    _add_behaviour(parser.add_argument_group("behaviour"))
    _add_reports(parser.add_argument_group("delivery reports"))
    return parser


def _add_server(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--host", default="127.0.0.1", help="address to listen at")
    group.add_argument("--port", type=int, default=0, help="port to listen at, 0 for any free one")
    group.add_argument("--certificate", type=Path, help="PEM chain; makes it TLS 1.2 only, as the provider is")
    group.add_argument("--key", type=Path, help="PEM private key of the certificate")
    group.add_argument("--tethered", action="store_true", help="stop when stdin ends, as it does when a parent dies")
    group.add_argument("--journal", type=Path, help="file that gets a JSON line for each message taken")


def _add_account(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--token", default=TOKEN, help="token that calls must carry")
    group.add_argument("--client-id", default=CLIENT_ID, help="client id that calls must carry")
    group.add_argument("--quota", type=int, help="sends that the plan has left")
    group.add_argument("--delivery-after", type=float, default=2.0, help="from sending to the final status")
    group.add_argument(
        "--kddi-failure-after", type=float, default=1200.0, help="from sending to a failure reported by KDDI"
    )


def _add_behaviour(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--limit", type=int, default=600, help="calls in any sliding second, 0 for no limit")
    group.add_argument("--throttle-for", type=float, default=0.0, help="how long all is refused after a call too many")
    group.add_argument("--retry-after", type=int, help="value of the Retry-After header of a 429")
    group.add_argument("--latency", type=float, default=0.0, help="how long an answer takes at least")
    group.add_argument("--jitter", type=float, default=0.0, help="how much longer it may take")
    group.add_argument(
        "--fault",
        type=Fault.from_text,
        action="append",
        default=[],
        metavar="KIND[:rate=R,suffix=S,times=N,endpoint=E]",
        help="what goes wrong, repeatable",
    )
    group.add_argument("--hang-for", type=float, default=120.0, help="how long hang_after keeps a client waiting")
    group.add_argument("--seed", type=int, default=0, help="for dice that fall the same way each time")


def _add_reports(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--report-url", help="where delivery reports are pushed to")
    group.add_argument(
        "--report-format", type=ReportFormat, choices=list(ReportFormat), default=ReportFormat.JSON, help="form field"
    )
    group.add_argument("--report-patience", type=float, default=10.0, help="how long an answer may take")
    group.add_argument("--report-pause", type=float, default=5.0, help="time between two tries")
