"""The client of the provider's API: five calls, one gate before each, and errors that say what may have happened."""

from producers.codes import CarrierId, FailureCause, FailureDetail, ResponseCode, StatusId, explain_failure
from producers.statuses import Status
from worker.provider.client import Observer, ProviderClient
from worker.provider.connection import Gate, open_gate
from worker.provider.errors import Ambiguous, Misconfigured, NotSent, ProviderError, Refused, Throttled
from worker.provider.messages import Reservation, SendAnswer, SendRequest

__all__ = [
    "Ambiguous",
    "CarrierId",
    "FailureCause",
    "FailureDetail",
    "Gate",
    "Misconfigured",
    "NotSent",
    "Observer",
    "ProviderClient",
    "ProviderError",
    "Refused",
    "Reservation",
    "ResponseCode",
    "SendAnswer",
    "SendRequest",
    "Status",
    "StatusId",
    "Throttled",
    "explain_failure",
    "open_gate",
]
