"""The client of the provider's API, and the errors that say what may have happened.

client          the calls
messages        what the calls take and return
errors          the errors
transport       one request and its reply
session         the `requests.Session` and its adapter
connection      connections that run the before-send hook
request_errors  the error of a request without a valid reply
answers         what an answer means: a success or an error
bodies          parse the body of an answer
json_stream     read JSON piece by piece
stopwatch       measure the time of a call
secret_fields   the fields of requests and answers
masking         mask secrets in the provider's messages
times           the provider's time formats
"""

from zettai.core.aossms.codes import CarrierId, FailureCause, FailureDetail, ResponseCode, StatusId, explain_failure
from zettai.core.aossms.statuses import Status
from zettai_worker.provider.client import CallObserver, DateObserver, ProviderClient
from zettai_worker.provider.connection import BeforeSend
from zettai_worker.provider.errors import Ambiguous, Misconfigured, NotSent, ProviderError, Refused, Throttled
from zettai_worker.provider.messages import Reservation, Rows, SendAnswer, SendRequest

__all__ = [
    "Ambiguous",
    "BeforeSend",
    "CallObserver",
    "CarrierId",
    "DateObserver",
    "FailureCause",
    "FailureDetail",
    "Misconfigured",
    "NotSent",
    "ProviderClient",
    "ProviderError",
    "Refused",
    "Reservation",
    "ResponseCode",
    "Rows",
    "SendAnswer",
    "SendRequest",
    "Status",
    "StatusId",
    "Throttled",
    "explain_failure",
]
