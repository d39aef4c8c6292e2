"""Builds the tasks that send new messages, as they stand in a queue.

The script that records the messages pushes them. So Celery does not publish such a task, but Celery and kombu build it.
A worker and Flower see what `Celery.send_task` would have published. Only its body is not in base64, so that the script
can add the next message to a task that no worker has taken yet.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, cast

from celery import Celery
from celery.utils.saferepr import saferepr
from kombu import Connection, Producer, serialization
from kombu.transport import virtual
from kombu.utils.json import dumps
from kombu.utils.uuid import uuid

from zettai.core.celery_config import celery_config
from zettai.core.lanes import SENDING_LANES, Lane, parse_queue, queue_name
from zettai.core.settings import Settings
from zettai.core.tasks import send_task_of


class SendTasks:
    """Builds send tasks. It never connects, and is safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        app = Celery("zettai-producer", set_as_current=False)
        app.conf.update(celery_config(settings))
        self._argsrepr_size = app.amqp.argsrepr_maxsize
        channel = cast("_KeepingChannel", Connection(transport=_KeepingTransport).default_channel)
        self._templates = {
            queue: _build_template(app, channel, queue)
            for lane in SENDING_LANES
            for queue in (queue_name(lane, account) for account in settings.account_names)
        }

    def of(self, account: str | None) -> Callable[[Lane, Sequence[str]], str]:
        """Return a function that builds the tasks of an account."""
        return partial(self.build, account=account)

    def build(self, lane: Lane, client_tags: Sequence[str], *, account: str | None = None) -> str:
        """Return a new task for messages, in the form that a queue has it."""
        # Celery would take twice as long for a whole task. Only the parts that differ from task to task are built here.
        template = self._templates[queue_name(lane, account)]
        task_id = uuid()
        arguments = [list(client_tags)]
        _, _, body = serialization.dumps([arguments, *template["body"][1:]], "json")
        argsrepr = saferepr(tuple(arguments), self._argsrepr_size)
        return dumps(
            {
                **template,
                "body": body,
                "headers": {**template["headers"], "id": task_id, "root_id": task_id, "argsrepr": argsrepr},
                "properties": {**template["properties"], "correlation_id": task_id, "delivery_tag": uuid()},
            }
        )


def _build_template(app: Celery, channel: "_KeepingChannel", queue: str) -> Mapping[str, Any]:
    """Return a task for a queue without tags, as Celery and kombu would push it, with its body not encoded."""
    lane, _ = parse_queue(queue)
    task = app.amqp.create_task_message(uuid(), send_task_of(lane), ([],), reply_to=app.thread_oid, ignore_result=None)
    Producer(channel).publish(
        task.body,
        exchange="",
        routing_key=queue,
        serializer=app.conf.task_serializer,
        delivery_mode=app.conf.task_default_delivery_mode,
        headers=task.headers,
        **task.properties,
    )
    properties = {name: value for name, value in channel.published["properties"].items() if name != "body_encoding"}
    return {**channel.published, "body": task.body, "properties": properties}


class _KeepingChannel(virtual.Channel):
    """Keeps what was published last, in place of pushing it into a queue."""

    published: Mapping[str, Any]

    def _put(self, queue: str, message: Mapping[str, Any], **_: Any) -> None:  # noqa: ARG002 - kombu's signature
        self.published = message


class _KeepingTransport(virtual.Transport):
    Channel = _KeepingChannel
