"""Celery's remote control: a real worker answers those who look at it, and drops everything else without a trace."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery
from redis import Redis
from tests.support.stack import Stack, eventually
from tests.support.wire import envelope

from zettai import State
from zettai.core.celery_config import celery_config

pytestmark = pytest.mark.long

SECRET = "geheim-09012345678"
REPLY_TO = {"exchange": "reply.celery.pidbox", "routing_key": str(uuid4())}


@pytest.fixture
def celery(own_stack: Stack) -> Iterator[Celery]:
    """Return an app with which anyone on this Redis can send commands."""
    app = Celery("tests", set_as_current=False)
    app.conf.update(celery_config(own_stack.settings))
    with app:
        yield app


def _command(method: object = "ping", **more: Any) -> dict[str, Any]:
    """Return a published command; `more` replaces parts of its body."""
    message = envelope({"method": method, "arguments": {}, "destination": None, **more}, headers={"clock": 1})
    message["properties"]["delivery_info"] = {"exchange": "celery.pidbox", "routing_key": ""}
    return message


def _invalid_messages() -> list[str | bytes]:
    """Return one message of each invalid kind. Most of them have a text that must not be logged."""
    properties = _command()["properties"]
    messages = [
        [],
        [SECRET],
        SECRET,
        5,
        {"body": SECRET},
        {**_command(), "body": SECRET},
        {**_command(), "headers": None},
        {**_command(), "headers": {"clock": SECRET}},
        {**_command(), "properties": {**properties, "body_encoding": SECRET}},
        {**_command(), "properties": {**properties, "delivery_info": {"exchange": SECRET}}},
        {**_command(), "content-type": "application/x-python-serialize"},
        envelope([], headers={}),
        _command([SECRET]),
        _command(SECRET),
        _command(arguments=[SECRET]),
        _command(arguments={SECRET: SECRET}),
        _command("registered", arguments={"taskinfoitems": ["app"]}),
        _command(destination=5),
        _command(destination=[[SECRET]]),
        _command(pattern="(a+)+$", matcher="pcre"),
        _command(reply_to=SECRET, ticket=SECRET),
        _command(reply_to={**REPLY_TO, "exchange": "normal"}, ticket=str(uuid4())),
        _command(reply_to={**REPLY_TO, "routing_key": "normal"}, ticket=str(uuid4())),
        _command(**{SECRET: SECRET}),
    ]
    return [*(json.dumps(message) for message in messages), SECRET, b"\xff\xfe" + SECRET.encode(), "[" * 90_000]


def _send_forbidden_commands(celery: Celery) -> int:
    """Send each command that changes a worker. Return their number."""
    control = celery.control
    commands = [
        control.shutdown,
        lambda: control.cancel_consumer("normal"),
        lambda: control.add_consumer("other"),
        control.pool_restart,
        control.pool_shrink,
        lambda: control.autoscale(1, 1),
        lambda: control.rate_limit("zettai.send", "1/h"),
        lambda: control.time_limit("zettai.send", hard=1),
        lambda: control.revoke(SECRET, terminate=True),
        lambda: control.broadcast("election", {"id": SECRET, "topic": "task", "action": {"task": "zettai.cancel_all"}}),
        lambda: control.broadcast("memdump"),
        control.disable_events,
    ]
    for command in commands:
        command()  # type: ignore[no-untyped-call]
    return len(commands)


def test_worker_drops_commands_that_nothing_of_ours_sends(own_stack: Stack, redis: Redis, celery: Celery) -> None:
    """The log level is DEBUG. The worker is started without the options that forbid gossip."""
    worker = own_stack.start_celery("worker", "-n", "one@stack")
    eventually(lambda: celery.control.ping(timeout=1), "the worker answers")
    channel = f"{own_stack.store.keys.broker}/0.celery.pidbox"
    invalid = _invalid_messages()

    for message in invalid:
        assert redis.publish(channel, message) == 1
    refused = len(invalid) + _send_forbidden_commands(celery)

    eventually(lambda: own_stack.log_text().count('"control_command_refused"') >= refused, "all are refused")
    inspect = celery.control.inspect(timeout=2)
    for answer in (inspect.ping, inspect.stats, inspect.active, inspect.registered, inspect.conf):
        assert answer(), "Flower still gets its answers"
    [queues] = (inspect.active_queues() or {}).values()
    assert {queue["name"] for queue in queues} == {"urgent", "normal", "bulk", "status"}
    own_stack.wait_for_state(own_stack.client.send("09077770001", "after them"), State.ACCEPTED)
    assert worker.poll() is None
    assert own_stack.log_text().count('"control_command_refused"') == refused
    assert "geheim" not in own_stack.log_text()
    assert "pidbox" not in own_stack.log_text(), "Celery reports no failed command"
