"""Delivery reports: the provider tells us of a message's end, so that nobody has to ask.

reading   from a form's bytes to reports
outcomes  what a report means for the message that we know: a pure decision
recorder  reads the ledger, decides, records
sources   from which addresses reports are taken
app       the HTTP side
server    the process that serves it

A report carries no signature. It is believed under the secret path only, and only for a message that we sent, to the
number that we sent it to; and even then it can do no more than to end that message, or to raise its end to `delivered`.
"""
