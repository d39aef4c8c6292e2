"""Delivery reports: the provider pushes the final status of a message.

parsing    parses the body of a request into reports
decisions  decides what a report means for its message; pure functions
recorder   reads messages, decides, and records the updates
handler    does all of this in one call; for any HTTP framework
sources    checks the address that a report comes from

Reports have no signature. So the endpoint has a secret path, and a report counts only for a message that was sent, and
only if it names the number that the message was sent to. A report can only set a final state, or change it to
`delivered`.
"""

from zettai.core.delivery_reports.decisions import Outcome
from zettai.core.delivery_reports.handler import MAX_BODY_SIZE, TOO_LARGE, DeliveryReportHandler
from zettai.core.delivery_reports.parsing import UnreadableReport
from zettai.core.delivery_reports.sources import Sources

__all__ = ["MAX_BODY_SIZE", "TOO_LARGE", "DeliveryReportHandler", "Outcome", "Sources", "UnreadableReport"]
