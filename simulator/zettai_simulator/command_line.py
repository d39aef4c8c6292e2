"""The command line of `python -m zettai_simulator`."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from zettai_simulator.behavior import Behavior
from zettai_simulator.carriers import Pace
from zettai_simulator.clock import micros
from zettai_simulator.faults import Fault
from zettai_simulator.fields import Credentials
from zettai_simulator.settings import CLIENT_ID, TOKEN, Certificate, Latency, Reports, Settings
from zettai_simulator.throttle import Limit

AddOption = Callable[..., None]
"""Adds an option to a group, as `add_argument` does."""


def settings_from(words: Sequence[str] | None = None, reader: argparse.ArgumentParser | None = None) -> Settings:
    """Read the command line; on an error, print the usage and exit."""
    reader = reader or parser()
    given = reader.parse_args(words)
    if (given.certificate is None) != (given.key is None):
        reader.error("--certificate and --key must be given together")
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


def parser(say: Callable[[str], str] = str, prog: str = "python -m zettai_simulator") -> argparse.ArgumentParser:
    """Return the parser of the command line.

    Args:
        say: translates its texts.
        prog: the name of the command.
    """
    description = say("Simulate the API of the SMS provider, for development and tests. Durations are in seconds.")
    made = argparse.ArgumentParser(prog=prog, description=description)
    _add_server(_group(made, say, "server"))
    _add_account(_group(made, say, "account"))
    _add_behavior(_group(made, say, "behavior"))
    _add_reports(_group(made, say, "delivery reports"))
    return made


def _group(made: argparse.ArgumentParser, say: Callable[[str], str], title: str) -> AddOption:
    """Add a group of options. Return the function that adds options to it."""
    group = made.add_argument_group(say(title))

    def add(name: str, **options: Any) -> None:
        text, default = say(options.pop("help")), options.get("default")
        if isinstance(default, int | float | str):
            text = f"{text} {say('(default: %(default)s)')}"
        group.add_argument(name, help=text, **options)

    return add


def _add_server(add: AddOption) -> None:
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=int, default=0, help="port to listen on, 0 for any free port")
    add(
        "--certificate", type=Path, help="PEM certificate chain; the server then speaks only TLS 1.2, like the provider"
    )
    add("--key", type=Path, help="PEM private key of the certificate")
    add(
        "--tethered", action="store_true", help="stop when stdin is closed, for example because the parent process died"
    )
    add("--journal", type=Path, help="file for one JSON line for each accepted message")


def _add_account(add: AddOption) -> None:
    add("--token", default=TOKEN, help="token that each call must have")
    add("--client-id", default=CLIENT_ID, help="client ID that each call must have")
    add("--quota", type=int, help="number of sends that the plan has left; without it, no quota")
    add("--senders", metavar="CODE,…", help="sender codes of the account; without them, all are accepted")
    add("--delivery-after", type=float, default=2.0, help="time from sending to the final status")
    add("--kddi-failure-after", type=float, default=1200.0, help="time from sending to a failure at KDDI")


def _add_behavior(add: AddOption) -> None:
    add("--limit", type=int, default=600, help="allowed calls in any sliding second, 0 for no limit")
    add("--throttle-for", type=float, default=0.0, help="how long all calls are refused after one call too many")
    add("--retry-after", type=int, help="value of the Retry-After header of a 429")
    add("--latency", type=float, default=0.0, help="shortest time that an answer takes")
    add("--jitter", type=float, default=0.0, help="random time that is added to the latency, at most")
    add(
        "--fault",
        type=_explained(Fault.from_text),
        action="append",
        default=[],
        metavar="KIND[:rate=R,suffix=S,times=N,endpoint=E,…]",
        help="fault to inject; may be repeated",
    )
    add(
        "--behavior",
        type=_explained(Behavior.from_text),
        default=Behavior(),
        metavar="NAME[=VALUE],…",
        help="what the provider does differently",
    )
    add("--hang-for", type=float, default=120.0, help="how long the fault hang_after delays an answer")
    add("--seed", type=int, default=0, help="seed for the random choice of faults")


def _explained(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a reader whose errors argparse shows with their texts."""

    def read_option(text: str) -> Any:
        try:
            return read(text)
        except ValueError as error:
            problem = str(error)
        raise argparse.ArgumentTypeError(problem)

    return read_option


def _add_reports(add: AddOption) -> None:
    add("--report-url", help="URL that delivery reports are sent to")
    add("--report-patience", type=float, default=10.0, help="timeout of a delivery report")
    add("--report-pause", type=float, default=5.0, help="time between two attempts")
