"""The client of the provider's API: five calls, one gate before each, and errors that say what may have happened."""

from zettai.core.aossms.codes import CarrierId, FailureCause, FailureDetail, ResponseCode, StatusId, explain_failure
from zettai.core.aossms.statuses import Status
from zettai_worker.provider.client import Observer, ProviderClient
from zettai_worker.provider.connection import Gate, open_gate
from zettai_worker.provider.errors import Ambiguous, Misconfigured, NotSent, ProviderError, Refused, Throttled
from zettai_worker.provider.messages import Reservation, SendAnswer, SendRequest

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
