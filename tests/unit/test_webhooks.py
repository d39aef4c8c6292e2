"""The decisions of webhook delivery, and what is refused in the file of endpoints."""

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from tests.support.webhooks import OTHER_SECRET, SECRET, table

from zettai.core.events import EventType, MessageEvent
from zettai_worker.webhooks.addresses import AddressRefused, is_public, resolve
from zettai_worker.webhooks.answers import Outcome, outcome_of
from zettai_worker.webhooks.endpoints import read_endpoints, weak_secrets
from zettai_worker.webhooks.queue import DeliveryQueue
from zettai_worker.webhooks.receiver import PAUSE_AFTER, Receiver
from zettai_worker.webhooks.retries import Delivery, after_failure, gap
from zettai_worker.webhooks.settings import WebhookSettings
from zettai_worker.webhooks.signature import signed_headers

NOW = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)
SETTINGS = WebhookSettings()
FAILED = Outcome(problem="http_500")


def _event(number: int, tag: str = "t1") -> MessageEvent:
    return MessageEvent.from_entry(
        f"1000-{number}", {"type": "delivered", "tag": tag, "reason": "", "group": "g", "created_by": "shop"}
    )


@pytest.mark.parametrize(
    ("status", "retry_after", "expected"),
    [
        (200, None, Outcome()),
        (204, "5", Outcome()),
        (301, None, Outcome("http_301")),
        (400, None, Outcome("http_400")),
        (410, None, Outcome("http_410", gone=True)),
        (429, "120", Outcome("http_429", timedelta(minutes=2))),
        (503, "Fri, 27 Nov 2026 01:01:00 GMT", Outcome("http_503", timedelta(minutes=1))),
        (503, "Fri, 27 Nov 2026 00:59:00 GMT", Outcome("http_503")),
        (429, "soon", Outcome("http_429")),
        (429, "-5", Outcome("http_429")),
        (429, "9" * 5000, Outcome("http_429")),
    ],
)
def test_answer_decides(status: int, retry_after: str | None, expected: Outcome) -> None:
    assert outcome_of(status, retry_after, NOW) == expected


def test_gaps_double_up_to_the_cap_and_half_of_them_is_random() -> None:
    first, cap = timedelta(seconds=5), timedelta(hours=1)
    found = [[gap(failures, first, cap, Random(seed)) for seed in range(200)] for failures in (1, 2, 3, 20, 10_000)]
    for gaps, longest in zip(found, (5, 10, 20, 3600, 3600), strict=True):
        assert longest / 2 <= min(gaps) < 0.6 * longest
        assert 0.9 * longest < max(gaps) <= longest


def test_event_is_tried_for_a_day_and_then_given_up() -> None:
    delivery: Delivery | None = Delivery(_event(1))
    now, tries = 1000.0, 0
    while delivery is not None:
        last, tries = now, tries + 1
        delivery = after_failure(delivery, now, SETTINGS, Random(tries))
        if delivery is not None:
            assert Delivery.from_json(delivery.to_json()) == delivery
            now = delivery.due
    assert timedelta(hours=24) <= timedelta(seconds=last - 1000) < timedelta(hours=25)
    assert 25 < tries < 60


def test_receiver_is_paused_after_failures_of_different_messages() -> None:
    receiver = Receiver(SETTINGS, Random(1))
    for _ in range(50):
        assert not receiver.record("one", FAILED, 10.0)
    others = [receiver.record(f"other {number}", FAILED, 10.0) for number in range(PAUSE_AFTER - 1)]
    assert others == [False] * (PAUSE_AFTER - 2) + [True]
    assert receiver.paused_since == 10.0
    assert 12.5 <= receiver.next_probe <= 15.0
    assert receiver.record("one", Outcome(), 20.0)
    assert receiver.paused_since is None


def test_gaps_between_probes_grow_to_minutes() -> None:
    receiver, now, gaps = Receiver(SETTINGS, Random(1), paused_since=0.0), 0.0, []
    for number in range(30):
        receiver.record(str(number), FAILED, now)
        gaps.append(receiver.next_probe - now)
        now = receiver.next_probe
    assert gaps[0] <= 5
    assert 150 <= gaps[-1] <= 300


@pytest.mark.parametrize(
    ("outcome", "shortest", "longest"),
    [
        (Outcome("http_429", timedelta(minutes=20)), 1200, 1200),
        (Outcome("http_429", timedelta(days=20)), 3600, 3600),
        (Outcome("http_410", gone=True), 3600, 3600),
    ],
)
def test_receiver_that_asks_for_a_wait_is_paused_at_once(outcome: Outcome, shortest: float, longest: float) -> None:
    receiver = Receiver(SETTINGS, Random(1))
    assert receiver.record("one", outcome, 0.0)
    assert shortest <= receiver.next_probe <= longest


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=40), st.randoms(use_true_random=False))
def test_queue_keeps_the_order_of_each_message(events: list[tuple[str, bool]], random: Random) -> None:
    """Some fail at first, some are stored; one chain is never tried twice at the same time."""
    queue, numbers = DeliveryQueue(), count()
    for tag, stored in events:
        queue.add(Delivery(_event(next(numbers), tag), stored=stored))
    done: list[Delivery] = []
    taken: list[Delivery] = []
    while queue:
        while (one := queue.take_first()) is not None:
            assert one.key not in {other.key for other in taken}
            taken.append(one)
        one = taken.pop(random.randrange(len(taken)))
        if random.random() < 0.3:
            written = list(queue.retry(Delivery(one.event, one.attempts + 1, stored=True)))
            assert all(other.key == one.key for other in written)
            assert queue.is_blocked(one.key)
        else:
            queue.finish(one)
            done.append(one)
    for tag in "abc":
        expected = [f"1000-{number}" for number, (name, _) in enumerate(events) if name == tag]
        assert [one.event.id for one in done if one.key == tag] == expected
    assert (len(queue), queue.stored, queue.oldest, queue.next_due) == (0, 0, None, None)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("203.0.114.1", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),  # noqa: S104
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b::8.8.8.8", True),
        ("2002:0a00:0001::1", False),
        ("2001:db8::1", False),
        ("192.0.0.192", False),  # metadata of Oracle's cloud
        ("100.100.100.200", False),  # of Alibaba's
        ("168.63.129.16", False),  # of Azure
        ("192.88.99.1", False),
        ("64:ff9b:1::a00:1", False),
        ("3fff::1", False),
        ("2600::5efe:a00:1", False),  # ISATAP: a tunnel to 10.0.0.1
        ("2600::200:5efe:a00:1", False),
        ("2600::200:5efe:808:808", True),
    ],
)
def test_only_public_addresses_are_allowed(address: str, public: bool) -> None:  # noqa: FBT001 - the columns of the table
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("host", "allow_private", "encrypted"),
    [("127.0.0.1", False, True), ("8.8.8.8", True, False), ("::1", False, True)],
)
def test_address_is_refused_by_the_rules_of_its_endpoint(host: str, allow_private: bool, encrypted: bool) -> None:  # noqa: FBT001 - the columns of the table
    with pytest.raises(AddressRefused, match=host):
        resolve(host, 443, allow_private=allow_private, encrypted=encrypted)


def test_host_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS belongs to others: here it answers with two addresses."""
    found = [(2, 1, 6, "", ("8.8.8.8", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
    with pytest.raises(AddressRefused, match=r"10\.0\.0\.1"):
        resolve("shop.example.com", 443, allow_private=False, encrypted=True)


def test_signature_is_that_of_the_convention() -> None:
    """The example of https://github.com/standard-webhooks/standard-webhooks."""
    at = datetime(2021, 2, 25, 11, 30, 30, tzinfo=UTC).astimezone()
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, at.tzinfo),
        '{"test": 2432232314}',
        [SecretStr(SECRET)],
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def _file(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "webhooks.toml"
    file.write_text(text, encoding="utf-8")
    return file


URL = "https://shop.example.com/sms-events?key=of-the-url"


def test_table_has_defaults(tmp_path: Path) -> None:
    [shop, other] = read_endpoints(_file(tmp_path, table(URL, more="") + table(URL, name="other", more="")))
    assert (shop.name, other.name) == ("shop", "other")
    assert shop.events == frozenset(EventType)
    assert (shop.groups, shop.include, shop.allow_private) == ((), frozenset(), False)
    assert "of-the-url" not in repr(shop)
    assert SECRET not in repr(shop)


def test_file_may_be_empty(tmp_path: Path) -> None:
    assert read_endpoints(_file(tmp_path, "")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('shop = "x"', "shop: must be a table"),
        (f"[shop]\n{SECRET}", "is not valid TOML"),
        (table(URL, name="Shop"), "name: must have the form"),
        (table("ftp://shop.example.com"), "url: must be a URL such as"),
        (table("https://user:password@shop.example.com"), "url: must have no user"),
        (table("https://shop.example.com/#part"), "url: must have no user, no fragment"),
        (table("https://shop.example.com:99999"), "url: must have a port"),
        (table("https://shop..example.com"), "url: must have a host name"),
        (table(f"https://{'a' * 64}.example.com"), "url: must have a host name"),
        (table("https://店.example.com"), "url: must"),
        (table("http://shop.example.com", more=""), r"url: must be https:// \(http:// needs allow_private = true\)"),
        (table(URL, secret='"short"'), "must be whsec_ and base64"),
        (table(URL, secret='"whsec_?"'), "must be whsec_ and base64"),
        (table(URL, secret='"whsec_c2hvcnQ="'), "must have 24 to 64 random bytes"),
        (table(URL, secret="[]"), "secret: Value should have at least 1 item"),
        (table(URL, more='ca_file = "/no/such/file"'), "ca_file: cannot be read, or has no certificates"),
        (table(URL, more='events = ["deliverd"]'), "events"),
        (table(URL, more="events = []"), "events: Frozenset should have at least 1 item"),
        (table(URL, more="groups = []"), "groups: Tuple should have at least 1 item"),
        (table(URL, more="created_by = []"), "created_by: Value should have at least 1 item"),
        (table(URL, more='include = ["everything"]'), "include"),
        (table(URL, more='grups = ["billing"]'), "grups: is not a known name"),
    ],
)
def test_invalid_file_is_refused_and_not_quoted(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected) as refused:
        read_endpoints(_file(tmp_path, text))
    assert not any(secret in str(refused.value) for secret in (SECRET, "of-the-url", "password", "deliverd"))


def test_secret_that_is_not_random_is_found(tmp_path: Path) -> None:
    weak = '"whsec_' + "YWFh" * 12 + '"'
    found = read_endpoints(
        _file(tmp_path, table(URL, secret=weak) + table(URL, name="good", secret=f'"{OTHER_SECRET}"'))
    )
    assert weak_secrets(found) == ["shop"]
