"""Delivery reports: the provider tells us of a message's end, so that nobody has to ask.

reading   from a form's bytes to reports
outcomes  what a report means for the message that we know: a pure decision
recorder  reads the store, decides, records
taker     all of this behind one call, for whatever serves HTTP
sources   from which addresses reports are taken

A report carries no signature. It is believed under a secret path only, and only for a message that we sent, to the
number that we sent it to; and even then it can do no more than to end that message, or to raise its end to `delivered`.
"""

from zettai.core.delivery_reports.handler import LARGEST_BODY, ReportTaker
from zettai.core.delivery_reports.outcomes import Outcome
from zettai.core.delivery_reports.parsing import Unreadable
from zettai.core.delivery_reports.sources import Sources

__all__ = ["LARGEST_BODY", "Outcome", "ReportTaker", "Sources", "Unreadable"]
