"""Run one process: `python -P -m zettai_worker worker …` or `beat …`, with the options of Celery's commands.

`celery -q -A zettai_worker …` does the same, but it imports all commands of Celery, Flower and their terminal libraries
first: a third of the time that a process takes to start, and memory that it never uses.
"""

import sys

from celery.bin.base import CLIContext
from celery.bin.beat import beat
from celery.bin.worker import worker

from zettai_worker.celery import app

COMMANDS = {"worker": worker, "beat": beat}


def main(name: str, *words: str) -> None:
    """Run a command until its process stops, and exit."""
    context = CLIContext(app=app, no_color=False, workdir=None, quiet=True)
    # The prefix of the variables that `celery` reads too, such as CELERY_WORKER_LOGLEVEL.
    COMMANDS[name].main(words, prog_name=name, obj=context, auto_envvar_prefix=f"CELERY_{name.upper()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
