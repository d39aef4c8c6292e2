"""The headers of a request, by the Standard Webhooks convention: https://www.standardwebhooks.com."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from pydantic import SecretStr
from standardwebhooks import Webhook


def signed_headers(event_id: str, at: datetime, body: str, secrets: Iterable[SecretStr]) -> Mapping[str, str]:
    """Return the headers by which a receiver knows the sender and the event.

    Args:
        event_id: the same in each attempt.
        at: the time of the attempt. Receivers refuse one that is more than 5 minutes away.
        body: of the request.
        secrets: each makes a signature. A receiver needs to know one of them.
    """
    at = at.astimezone(UTC)  # the library takes any other zone for UTC
    signatures = (Webhook(secret.get_secret_value()).sign(event_id, at, body) for secret in secrets)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
