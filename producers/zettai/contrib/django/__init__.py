"""The Django app: `INSTALLED_APPS += ["zettai.contrib.django"]`. See docs/how-to/django.md.

client      one client per process, configured by `settings.ZETTAI` and the environment
on_commit   sends a message when a transaction commits
outbox      an app of its own: saves a message in the transaction, and sends it after the commit
forms       errors and a validator for forms and models
views       receives delivery reports
testing     the fake client for your tests
signals     `sms_event`, for what happens to messages
management  `manage.py zettai_send`, `zettai_status` and `zettai_events`
"""

from zettai.contrib.django.client import get_client
from zettai.contrib.django.on_commit import send_on_commit

__all__ = ["get_client", "send_on_commit"]
