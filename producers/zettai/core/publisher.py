"""Publishes tasks to the queues of the lanes."""

from collections.abc import Sequence
from datetime import timedelta

from celery import Celery
from kombu.exceptions import OperationalError

from zettai.core.celery_config import celery_config
from zettai.core.lanes import Lane, queue_name
from zettai.core.settings import Settings
from zettai.core.tasks import CHUNK, in_chunks


class Publisher:
    """Publishes tasks by name. It does not import the worker's code."""

    def __init__(self, settings: Settings, *, timeout: timedelta | None = None) -> None:
        """Build without connecting.

        Args:
            settings: of the app.
            timeout: for each answer of the broker. Publishing is tried twice, and can take three times as long.
        """
        self._account = settings.account
        self._app = Celery("zettai-producer", set_as_current=False)
        self._app.conf.update(celery_config(settings, timeout=timeout))
        self._app.conf.task_publish_retry_policy = {"max_retries": 1, "interval_start": 0, "interval_max": 0}

    def publish(self, task: str, lane: Lane, *arguments: object, account: str | None = None) -> None:
        """Publish one task.

        Args:
            task: its name.
            lane: in whose queue it goes.
            arguments: of the task.
            account: whose queue; that of the settings if it is None.

        Raises:
            kombu.exceptions.OperationalError: the broker did not accept it.
        """
        try:
            self._app.send_task(task, args=arguments, queue=queue_name(lane, account or self._account))
        except AttributeError as error:
            # If the connection is lost while kombu declares the queue, kombu publishes on the closed channel.
            raise OperationalError("the connection was lost") from error

    def publish_tags(self, task: str, lane: Lane, tags: Sequence[str], *, most: int = CHUNK) -> None:
        """Publish tasks for tags. Each task has at most `most` of them."""
        for chunk in in_chunks(tags, most):
            self.publish(task, lane, chunk)

    def close(self) -> None:
        """Close the connections to the broker."""
        self._app.close()
