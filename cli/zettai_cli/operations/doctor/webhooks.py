"""The checks of the webhook endpoints: the file, the addresses, the secrets, and whether events are delivered."""

from collections.abc import Iterator, Sequence

from zettai.core.errors import SettingsError
from zettai.core.settings import Settings
from zettai.core.store.connection import UNRETRIED
from zettai_cli.operations.doctor.results import Check, failed, ok, warning
from zettai_cli.shared.store import open_store
from zettai_worker.webhooks.addresses import AddressRefused, resolve
from zettai_worker.webhooks.endpoints import Endpoint, weak_secrets
from zettai_worker.webhooks.settings import WebhookSettings
from zettai_worker.webhooks.statistics import EndpointStatistics, read_webhook_statistics


def webhooks(common: Settings) -> Iterator[Check]:
    """Check the endpoints in the file, if this host has one, and those that were ever active."""
    with open_store(common, retry=UNRETRIED) as store:
        known = read_webhook_statistics(store)
    endpoints: Sequence[Endpoint] = ()
    try:
        settings = WebhookSettings.load()
        if settings.webhooks_file is not None:
            endpoints = settings.endpoints().value
    except SettingsError as error:
        yield failed("webhooks", str(error), "see docs/how-to/webhooks.md")
        return
    if endpoints:
        yield addresses(endpoints)
        yield secrets(endpoints)
    if endpoints or known:
        yield delivery([one.name for one in endpoints], known)


def addresses(endpoints: Sequence[Endpoint]) -> Check:
    """Check that each endpoint has an address that may be called."""
    problems = [f"{one.name}: {problem}" for one in endpoints if (problem := _address_problem(one))]
    if problems:
        return failed("webhook addresses", "; ".join(problems), "correct the URL in ZETTAI_WEBHOOKS_FILE, or the DNS")
    return ok("webhook addresses", f"{len(endpoints)} endpoints may be called")


def _address_problem(endpoint: Endpoint) -> str | None:
    encrypted = endpoint.parts.scheme == "https"
    port = endpoint.parts.port or (443 if encrypted else 80)
    try:
        resolve(endpoint.parts.hostname or "", port, allow_private=endpoint.allow_private, encrypted=encrypted)
    except AddressRefused as refused:
        return str(refused)
    except OSError:
        return "the host name was not found"
    return None


def secrets(endpoints: Sequence[Endpoint]) -> Check:
    """Check that no secret can be guessed."""
    if weak := weak_secrets(endpoints):
        advice = 'make another one with: echo "whsec_$(openssl rand -base64 32)"'
        return failed("webhook secrets", f"not random: {', '.join(weak)}", advice)
    return ok("webhook secrets", "random")


def delivery(in_file: Sequence[str], known: Sequence[EndpointStatistics]) -> Check:
    """Check that a process delivers to each endpoint, and that the receivers work."""
    active = {one.name for one in known if one.active}
    missing = sorted({*in_file, *(one.name for one in known)} - active)
    if missing:
        advice = "start zettai webhooks, or run zettai events forget for an endpoint that was removed from the file"
        return failed("webhook delivery", f"no process delivers to {', '.join(missing)}", advice)
    paused = [f"{one.name} since {one.paused_since:%Y-%m-%d %H:%M}" for one in known if one.paused_since]
    lost = [f"{one.name} did not get {one.given_up:,}" for one in known if one.given_up]
    if paused or lost:
        found = "; ".join([*(f"paused: {one}" for one in paused), *lost])
        return warning("webhook delivery", found, "see docs/runbook.md, ZettaiWebhookPaused and ZettaiWebhookGivenUp")
    return ok("webhook delivery", f"{len(known)} endpoints, none is paused")
