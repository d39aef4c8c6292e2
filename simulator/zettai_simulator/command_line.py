"""The command line of `python -m zettai_simulator`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from zettai_simulator.behavior import Behavior
from zettai_simulator.carriers import Pace
from zettai_simulator.clock import micros
from zettai_simulator.faults import Fault
from zettai_simulator.fields import Credentials
from zettai_simulator.settings import CLIENT_ID, TOKEN, Certificate, Latency, Reports, Settings
from zettai_simulator.throttle import Limit


def settings_from(words: Sequence[str] | None = None) -> Settings:
    """Read the command line; on an error, print the usage and exit."""
    parser = _parser()
    given = parser.parse_args(words)
    if (given.certificate is None) != (given.key is None):
        parser.error("--certificate and --key must be given together")
    return Settings(
        host=given.host,
        port=given.port,
        credentials=Credentials(given.token, given.client_id),
        pace=Pace(micros(given.delivery_after), micros(given.kddi_failure_after)),
        limit=Limit(given.limit or None, micros(given.throttle_for), given.retry_after),
        latency=Latency(given.latency, given.jitter),
        quota=given.quota,
        senders=None if given.senders is None else frozenset(given.senders.split(",")),
        behavior=given.behavior,
        faults=tuple(given.fault),
        seed=given.seed,
        hang=given.hang_for,
        reports=Reports(given.report_url, given.report_patience, given.report_pause),
        journal=given.journal,
        certificate=None if given.key is None else Certificate(given.certificate, given.key),
        tethered=given.tethered,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m zettai_simulator",
        description="Simulate the API of the SMS provider, for development and tests. Durations are in seconds.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    _add_server(parser.add_argument_group("server"))
    _add_account(parser.add_argument_group("account"))
    _add_behavior(parser.add_argument_group("behavior"))
    _add_reports(parser.add_argument_group("delivery reports"))
    return parser


def _add_server(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--host", default="127.0.0.1", help="address to listen on")
    group.add_argument("--port", type=int, default=0, help="port to listen on, 0 for any free port")
    group.add_argument(
        "--certificate", type=Path, help="PEM certificate chain; the server then speaks only TLS 1.2, like the provider"
    )
    group.add_argument("--key", type=Path, help="PEM private key of the certificate")
    group.add_argument(
        "--tethered", action="store_true", help="stop when stdin is closed, for example because the parent process died"
    )
    group.add_argument("--journal", type=Path, help="file for one JSON line for each accepted message")


def _add_account(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--token", default=TOKEN, help="token that each call must have")
    group.add_argument("--client-id", default=CLIENT_ID, help="client ID that each call must have")
    group.add_argument("--quota", type=int, help="number of sends that the plan has left; without it, no quota")
    group.add_argument(
        "--senders", metavar="CODE,…", help="sender codes of the account; without them, all are accepted"
    )
    group.add_argument("--delivery-after", type=float, default=2.0, help="time from sending to the final status")
    group.add_argument(
        "--kddi-failure-after", type=float, default=1200.0, help="time from sending to a failure at KDDI"
    )


def _add_behavior(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--limit", type=int, default=600, help="allowed calls in any sliding second, 0 for no limit")
    group.add_argument(
        "--throttle-for", type=float, default=0.0, help="how long all calls are refused after one call too many"
    )
    group.add_argument("--retry-after", type=int, help="value of the Retry-After header of a 429")
    group.add_argument("--latency", type=float, default=0.0, help="shortest time that an answer takes")
    group.add_argument("--jitter", type=float, default=0.0, help="random time that is added to the latency, at most")
    group.add_argument(
        "--fault",
        type=Fault.from_text,
        action="append",
        default=[],
        metavar="KIND[:rate=R,suffix=S,times=N,endpoint=E,…]",
        help="fault to inject; may be repeated",
    )
    group.add_argument(
        "--behavior",
        type=Behavior.from_text,
        default=Behavior(),
        metavar="NAME[=VALUE],…",
        help="what the provider does differently",
    )
    group.add_argument("--hang-for", type=float, default=120.0, help="how long the fault hang_after delays an answer")
    group.add_argument("--seed", type=int, default=0, help="seed for the random choice of faults")


def _add_reports(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--report-url", help="URL that delivery reports are sent to")
    group.add_argument("--report-patience", type=float, default=10.0, help="timeout of a delivery report")
    group.add_argument("--report-pause", type=float, default=5.0, help="time between two attempts")
