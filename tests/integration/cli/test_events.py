"""`zettai events`."""

import json
import os
import signal
import subprocess

import pytest
from tests.integration.cli.helpers import COMMAND, PHONE, zettai

from zettai import SmsClient


@pytest.fixture
def tags(client: SmsClient) -> list[str]:
    """Return the tags of two canceled messages."""
    sent = [client.send(PHONE, "x", client_tag=tag, group=group) for tag, group in (("t1", None), ("t2", "party"))]
    for message in sent:
        client.cancel(message.client_tag)
    return [message.client_tag for message in sent]


def _listed(*words: str) -> list[tuple[str, str | None]]:
    lines = zettai("events", "list", "--json", *words).stdout.splitlines()
    return [(event["type"], event["client_tag"]) for event in map(json.loads, lines)]


@pytest.mark.usefixtures("tags")
def test_list_shows_the_events_that_are_selected() -> None:
    everything = [("canceled", "t1"), ("canceled", "t2"), ("group_finished", None)]

    assert _listed() == everything
    assert _listed("--tag", "t1") == everything[:1]
    assert _listed("--group", "party") == everything[1:]
    assert _listed("--type", "group_finished", "--type", "delivered") == everything[2:]
    assert _listed("--limit", "1") == everything[:1]
    assert _listed("--since", "2020-01-01T00:00+09:00") == everything
    assert _listed("--since", "2099-01-01T00:00+09:00") == []


@pytest.mark.usefixtures("tags")
def test_list_is_a_table_for_people() -> None:
    lines = zettai("events", "list", "--tag", "t2").stdout.splitlines()

    assert lines[0].split() == ["time", "event", "tag", "group", "reason"]
    assert lines[1].split()[3:6] == ["canceled", "t2", "party"]


def test_follow_shows_events_as_they_happen(client: SmsClient, redis_settings: str) -> None:
    environment = os.environ | {"ZETTAI_REDIS_URL": redis_settings, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [COMMAND, "events", "follow", "--json"], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        shown = ""
        canceled = []
        os.set_blocking(process.stdout.fileno(), False)
        while not shown:  # the command may still be starting
            tag = client.send(PHONE, "x").client_tag
            client.cancel(tag)
            canceled.append(tag)
            shown = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)

    assert json.loads(shown)["client_tag"] in canceled
    assert process.returncode == 0
