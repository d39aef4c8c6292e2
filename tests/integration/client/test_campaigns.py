"""`SmsClient.campaigns`, and the same in the fake client."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from structlog.testing import capture_logs

from zettai import InvalidMessage, Lane, LedgerUnavailable, Settings, SmsClient, State, UrgentCampaign
from zettai.core.store.connection import connect
from zettai.testing import FakeSmsClient

TO = "09012345678"
NAME = "autumn sale"


@pytest.fixture(params=["real", "fake"])
def client(request: pytest.FixtureRequest, redis_url: str) -> Iterator[SmsClient]:
    settings = Settings.load(redis_url=redis_url)
    with SmsClient(settings) if request.param == "real" else FakeSmsClient() as client:
        yield client


def _send(client: SmsClient, count: int = 10, **fields: object) -> None:
    assert all(
        result.ok for result in client.send_many({"to": TO, "body": "x", "group": NAME, **fields} for _ in range(count))
    )


def test_pause_is_shown_until_it_is_resumed(client: SmsClient) -> None:
    _send(client)

    paused = client.campaigns.pause(NAME)
    resumed = client.campaigns.resume(NAME)

    assert (paused.name, paused.total, paused.waiting, paused.in_flight) == (NAME, 10, 10, 0)
    assert (paused.waits_for, paused.expected_end) == ("paused", None)
    assert paused.paused_at is not None
    assert (resumed.waits_for, resumed.paused_at) == (None, None)
    assert resumed.expected_end is not None
    assert resumed == client.campaigns.show(NAME) or resumed.states == client.campaigns.show(NAME).states


def test_rate_decides_the_expected_end(client: SmsClient) -> None:
    _send(client, 7)

    set_now = client.campaigns.set(NAME, rate="10/minute")

    assert (set_now.pace, set_now.waits_for) == ("10/minute", "pace")
    assert set_now.expected_end is not None
    assert set_now.first_expiry is not None
    assert set_now.first_expiry - set_now.expected_end == timedelta(hours=24) - timedelta(seconds=36) or (
        abs(set_now.first_expiry - set_now.expected_end - timedelta(hours=24, seconds=-36)) < timedelta(seconds=30)
    )


def test_messages_that_expire_before_their_turn_are_announced(client: SmsClient) -> None:
    _send(client, 10, expires_in=timedelta(hours=1))

    status = client.campaigns.set(NAME, rate="6/hour")

    assert status.will_expire == 4
    assert client.campaigns.pause(NAME).will_expire == 4
    assert client.campaigns.set(NAME).will_expire == 0


def test_over_spreads_the_waiting_messages(client: SmsClient) -> None:
    with pytest.raises(InvalidMessage, match="over: needs messages that wait"):
        client.campaigns.set(NAME, over=timedelta(hours=2))
    _send(client, 4)

    status = client.campaigns.set(NAME, over=timedelta(hours=2))

    assert status.pace == "4 in 2:00:00"
    assert status.expected_end is not None
    assert status.first_expiry is not None
    assert timedelta(hours=22) < status.first_expiry - status.expected_end < timedelta(hours=23)


def test_window_is_shown_in_words(client: SmsClient) -> None:
    _send(client)

    status = client.campaigns.set(NAME, between="09:00-20:00", days="mon-fri", holidays=False)

    assert status.window == "09:00-20:00 Japan time, mon, tue, wed, thu, fri, not on holidays"
    assert (status.opens_at is None) is (status.waits_for is None)
    assert client.campaigns.set(NAME, between="21:00-02:00").window == "21:00-02:00 Japan time"
    assert client.campaigns.set(NAME, between="21:00-00:00").window == "21:00-24:00 Japan time"
    assert client.campaigns.set(NAME).window is None


def test_set_keeps_a_pause_and_resume_keeps_the_pace(client: SmsClient) -> None:
    _send(client)
    client.campaigns.pause(NAME)

    assert client.campaigns.set(NAME, rate="5/second").waits_for == "paused"
    assert client.campaigns.resume(NAME).pace == "5/second"


def test_campaign_may_be_controlled_before_its_first_message(client: SmsClient) -> None:
    assert client.campaigns.pause(NAME).total == 0
    _send(client, 1)

    assert [(one.name, one.waiting, one.waits_for) for one in client.campaigns.list()] == [(NAME, 1, "paused")]


def test_list_has_open_and_controlled_campaigns(client: SmsClient) -> None:
    _send(client)
    _send(client, 1, group="done")
    client.cancel_group("done")
    client.campaigns.set("planned", rate="1/second")

    assert [one.name for one in client.campaigns.list()] == [NAME, "planned"]


def test_group_with_urgent_messages_is_refused(client: SmsClient) -> None:
    client.send(TO, "Your code is 123456", lane=Lane.URGENT, group=NAME)

    for call in (client.campaigns.pause, partial(client.campaigns.set, rate="5/second")):
        with pytest.raises(UrgentCampaign, match=f"'{NAME}' has messages in the urgent lane"):
            call(NAME)
    assert client.campaigns.show(NAME).states[State.QUEUED] == 1


def test_campaign_that_got_an_urgent_message_in_its_pause_can_be_resumed(client: SmsClient) -> None:
    client.campaigns.set(NAME, rate="5/second")
    client.campaigns.pause(NAME)
    client.send(TO, "Your code is 123456", lane=Lane.URGENT, group=NAME)

    assert client.campaigns.resume(NAME).paused_at is None
    assert client.campaigns.set(NAME).pace is None


@pytest.mark.parametrize(
    ("arguments", "field", "code"),
    [
        ({"rate": "fast"}, "rate", "not_a_rate"),
        ({"rate": "0/second"}, "rate", "not_a_rate"),
        ({"rate": "2000000/second"}, "rate", "rate_too_high"),
        ({"rate": "5/second", "over": timedelta(hours=1)}, "over", "rate_and_over"),
        ({"over": timedelta()}, "over", "not_positive"),
        ({"between": "9-20"}, "between", "not_a_window"),
        ({"between": "09:00-09:00"}, "between", "not_a_window"),
        ({"between": "24:00-09:00"}, "between", "not_a_window"),
        ({"between": "20:00-24:01"}, "between", "not_a_window"),
        ({"days": "weekdays"}, "days", "not_days"),
        ({"days": "fri-mon"}, "days", "not_days"),
        ({"rate": 5}, "rate", "not_a_text"),
        ({"over": 5}, "over", "not_a_duration"),
        ({"between": 9}, "between", "not_a_text"),
        ({"days": ["mon"]}, "days", "not_a_text"),
    ],
)
def test_wrong_argument_changes_nothing(client: SmsClient, arguments: dict[str, object], field: str, code: str) -> None:
    _send(client)
    before = client.campaigns.set(NAME, rate="5/second")

    with pytest.raises(InvalidMessage) as refused:
        client.campaigns.set(NAME, **arguments)  # type: ignore[arg-type]

    assert (refused.value.field, refused.value.code) == (field, code)
    assert client.campaigns.show(NAME).pace == before.pace


@pytest.mark.parametrize("name", ["", " x", "x\n", "x" * 201, 5])
def test_name_that_no_group_can_have_is_refused(client: SmsClient, name: str) -> None:
    for call in (client.campaigns.pause, client.campaigns.resume, client.campaigns.set, client.campaigns.show):
        with pytest.raises(InvalidMessage) as refused:
            call(name)
        assert refused.value.field == "name"


def test_each_change_is_logged_without_personal_data(client: SmsClient) -> None:
    _send(client)
    with capture_logs() as logs:
        client.campaigns.pause(NAME)
        client.campaigns.set(NAME, rate="5/second", between="00:00-24:00")
        client.campaigns.resume(NAME)

    assert [(line["event"], line["group"], line["waiting"]) for line in logs] == [
        ("campaign_paused", NAME, 10),
        ("campaign_set", NAME, 10),
        ("campaign_resumed", NAME, 10),
    ]
    assert TO not in str(logs)


def test_states_of_an_older_version_are_counted_by_a_search(redis_url: str) -> None:
    with SmsClient(Settings.load(redis_url=redis_url)) as client:
        _send(client)
        with connect(redis_url) as redis:
            redis.delete("zettai:group_states")

        assert client.campaigns.show(NAME).states[State.QUEUED] == 10


def test_redis_that_does_not_answer_is_reported() -> None:
    with SmsClient(Settings.load(redis_url="redis://127.0.0.1:1/0")) as client, pytest.raises(LedgerUnavailable):
        client.campaigns.pause(NAME)
