"""`zettai campaign`, and the limits of `send-csv`."""

from pathlib import Path

import pytest
from tests.integration.cli.helpers import PHONE, document, zettai

from zettai import SmsClient

NAME = "sale"


@pytest.fixture
def campaign(client: SmsClient) -> str:
    """Return a group with three messages that wait."""
    assert all(result.ok for result in client.send_many({"to": PHONE, "body": "x", "group": NAME} for _ in range(3)))
    return NAME


def test_pause_and_resume(campaign: str) -> None:
    paused = document(zettai("campaign", "pause", campaign, "--json"))
    text = zettai("campaign", "show", campaign).stdout
    resumed = document(zettai("campaign", "resume", campaign, "--json"))

    assert (paused["waiting"], paused["waits_for"]) == (3, "paused")
    assert "paused since" in text
    assert resumed["waits_for"] is None


def test_set_shows_the_expected_end_and_what_will_expire(campaign: str) -> None:
    shown = document(zettai("campaign", "set", campaign, "--over", "60h", "--between", "00:00-24:00", "--json"))
    text = zettai("campaign", "show", campaign).stdout

    assert (shown["pace"], shown["will_expire"]) == ("3 in 2 days, 12:00:00", 1)
    assert "about 1 of 3 waiting messages before their turn" in text
    assert "expected end" in text


def test_pause_of_a_mistyped_name_warns_that_it_has_no_message(campaign: str) -> None:
    shown = zettai("campaign", "pause", "saale").stdout

    assert "no message belongs to the group 'saale' (in redis://" in shown
    assert "no message" not in zettai("campaign", "pause", campaign).stdout


def test_list_has_each_campaign(campaign: str) -> None:
    zettai("campaign", "set", "planned", "--rate", "5/second", "--days", "mon-fri", "--no-holidays")

    found = document(zettai("campaign", "list", "--json"))["campaigns"]

    assert [(one["name"], one["total"]) for one in found] == [("planned", 0), (campaign, 3)]
    assert "planned" in zettai("campaign", "list").stdout


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("show", "unknown"), 1, "no message belongs to the group 'unknown'"),
        (("set", NAME, "--rate", "fast"), 2, "rate: must be messages in a unit of time"),
        (("set", NAME, "--over", "soon"), 2, "not a positive duration"),
        (("set", NAME, "--between", "9-20"), 2, "between: must be two different times"),
        (("pause", " x"), 2, "name: must not begin or end with a space"),
    ],
)
def test_wrong_call_is_one_line(redis_settings: str, words: tuple[str, ...], code: int, text: str) -> None:
    ran = zettai("campaign", *words)

    assert (ran.exit_code, text in ran.stderr, ran.stderr.count("\n")) == (code, True, 1)


def test_group_with_urgent_messages_is_refused(client: SmsClient) -> None:
    client.send(PHONE, "Your code is 123456", lane="urgent", group="codes")

    ran = zettai("campaign", "pause", "codes")

    assert (ran.exit_code, "urgent lane" in ran.stderr) == (1, True)


def test_file_is_sent_with_limits(client: SmsClient, tmp_path: Path) -> None:
    file = tmp_path / "sale.csv"
    file.write_text(f"to,body\n{PHONE},x\n", encoding="utf-8")

    ran = zettai("send-csv", str(file), "--group", NAME, "--rate", "50/second", "--between", "09:00-20:00")

    assert "the group sale is sent with these limits: 50/second, 09:00-20:00 Japan time" in ran.stdout
    assert client.campaigns.show(NAME).pace == "50/second"


def test_limits_of_a_file_need_a_group(redis_settings: str, tmp_path: Path) -> None:
    file = tmp_path / "sale.csv"
    file.write_text(f"to,body\n{PHONE},x\n", encoding="utf-8")

    for words in ((), ("--group", NAME, "--lane", "urgent")):
        ran = zettai("send-csv", str(file), "--rate", "50/second", *words)
        assert (ran.exit_code, "need --group" in ran.stderr) == (2, True)
