"""The Django app: `INSTALLED_APPS += ["zettai.contrib.django"]`. See docs/how-to/django.md.

client      one client a process, by `settings.ZETTAI` and the environment
committing  sending when a transaction commits
views       delivery reports
testing     the fake client in your tests
management  `manage.py zettai_send` and `manage.py zettai_status`
"""

from zettai.contrib.django.client import get_client
from zettai.contrib.django.committing import send_on_commit

__all__ = ["get_client", "send_on_commit"]
