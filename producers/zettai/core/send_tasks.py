"""Builds the tasks that send new messages, as they stand in a queue.

The script that records the messages pushes them. So Celery does not publish such a task, but Celery and kombu build it.
A worker and Flower see what `Celery.send_task` would have published. Only its body is not in base64, so that the script
can add the next message to a task that no worker has taken yet.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, cast

from celery import Celery
from kombu import Connection, Producer, serialization
from kombu.transport import virtual
from kombu.utils.json import dumps
from uuid_utils import uuid4

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
        # Celery would take ten times as long for a whole task. Only what differs from task to task is made here.
        template = self._templates[queue_name(lane, account)]
        # Celery's `saferepr` takes longer than all the rest. It is made for arguments of any kind; these are texts.
        argsrepr = repr((list(client_tags),))
        if len(argsrepr) > self._argsrepr_size:
            argsrepr = f"{argsrepr[: self._argsrepr_size - 3]}..."
        return template.build(client_tags, argsrepr)


class _Template:
    """A task as JSON. What differs from task to task is a mark in it: a UUID that no other text contains."""

    def __init__(self, task: Mapping[str, Any]) -> None:
        """Make the template.

        Args:
            task: as Celery and kombu would push it, with its body not encoded.
        """
        self._task_id, self._delivery_tag = task["headers"]["id"], task["properties"]["delivery_tag"]
        tags, argsrepr = str(uuid4()), str(uuid4())
        _, _, body = serialization.dumps([[[tags]], *task["body"][1:]], "json")
        self._tags, self._argsrepr = f'\\"{tags}\\"', f'"{argsrepr}"'
        self._text = dumps({**task, "body": body, "headers": {**task["headers"], "argsrepr": argsrepr}})

    def build(self, client_tags: Sequence[str], argsrepr: str) -> str:
        """Return a new task for messages."""
        tags = json.dumps(json.dumps(list(client_tags))[1:-1])[1:-1]
        return (
            self._text.replace(self._task_id, str(uuid4()))
            .replace(self._delivery_tag, str(uuid4()))
            .replace(self._argsrepr, json.dumps(argsrepr))
            .replace(self._tags, tags)
        )


def _build_template(app: Celery, channel: "_KeepingChannel", queue: str) -> _Template:
    """Return the template of the tasks for a queue."""
    lane, _ = parse_queue(queue)
    task = app.amqp.create_task_message(
        str(uuid4()), send_task_of(lane), ([],), reply_to=app.thread_oid, ignore_result=None
    )
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
    return _Template({**channel.published, "body": task.body, "properties": properties})


class _KeepingChannel(virtual.Channel):
    """Keeps what was published last, in place of pushing it into a queue."""

    published: Mapping[str, Any]

    def _put(self, queue: str, message: Mapping[str, Any], **_: Any) -> None:  # noqa: ARG002 - kombu's signature
        self.published = message


class _KeepingTransport(virtual.Transport):
    Channel = _KeepingChannel
