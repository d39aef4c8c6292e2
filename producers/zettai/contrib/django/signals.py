"""The signal `sms_event`, which `manage.py zettai_events` sends."""

from django.dispatch import Signal

sms_event = Signal()
"""Sent for each event, with the argument `event`, a `MessageEvent`. A receiver can get an event more than once."""
