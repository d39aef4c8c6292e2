"""A Django project with the outbox, for processes that a test kills: `python -m tests.support.outbox_project WORD…`.

`enqueue` saves a message for `TAG`, and dies between the commit and the sending. All other words are those of
`manage.py`. The database is the file `OUTBOX_DATABASE`.
"""

import os
import signal
import sys

import django
from django.conf import settings
from django.core.management import call_command, execute_from_command_line
from django.db import transaction

TAG = "order-1"


def main(words: list[str]) -> None:
    """Run a command of the project."""
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": os.environ["OUTBOX_DATABASE"],
                "OPTIONS": {"timeout": 60},
            }
        },
        INSTALLED_APPS=["zettai.contrib.django", "zettai.contrib.django.outbox"],
        LOGGING={
            "version": 1,
            "handlers": {"stderr": {"class": "logging.StreamHandler"}},
            "root": {"level": "INFO", "handlers": ["stderr"]},
        },
        USE_TZ=True,
    )
    django.setup()
    if words != ["enqueue"]:
        execute_from_command_line(["manage.py", *words])
        return
    from zettai.contrib.django.outbox import enqueue  # noqa: PLC0415 - Django must be set up first

    call_command("migrate", verbosity=0)
    with transaction.atomic():
        transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
        enqueue("09012345678", "hello", client_tag=TAG)


if __name__ == "__main__":
    main(sys.argv[1:])
