"""Any order of events on a real store: the table is never broken, and nobody is ever forgotten."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.support.store_helpers import MINUTE, new_message

from zettai.core.lanes import SENDING_LANES
from zettai.core.new_message import NewMessage
from zettai.core.states import AT_PROVIDER, FINAL, TRANSITIONS, State
from zettai.core.store import ClaimKind, StateUpdate, WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.core.store.updates import ForbiddenTransition

SOON = timedelta(0)


class StoreMachine(RuleBasedStateMachine):
    """Producers, workers, sweeps and cancels, in any order, beside a model that only knows the table."""

    redis_url = ""
    tags = Bundle("tags")

    def __init__(self) -> None:
        super().__init__()
        self.store = WorkerStore(connect(self.redis_url), Keys("machine"))
        self.seen: dict[str, State] = {}
        self.tokens: dict[str, str] = {}
        self.canceled: set[str] = set()
        self.number = 0

    @initialize()
    def empty(self) -> None:
        """Begin with nothing."""
        self.store.redis.flushdb()

    def teardown(self) -> None:
        """Close the connections."""
        self.store.close()

    @rule(target=tags, lane=st.sampled_from(SENDING_LANES), reserved=st.booleans(), group=st.sampled_from([None, "g"]))
    def create(self, lane: str, *, reserved: bool, group: str | None) -> str:
        """A producer records a message."""
        one: NewMessage = new_message(lane=lane, group=group)
        if reserved:
            one = new_message(lane=lane, group=group, send_at=self.store.now() + timedelta(hours=1))
        self.store.create([one])
        self.seen[one.client_tag] = State.QUEUED
        return one.client_tag

    @rule(tag=tags, lease=st.sampled_from([SOON, MINUTE]))
    def claim(self, tag: str, lease: timedelta) -> None:
        """A task comes by, wanted or not."""
        self.number += 1
        token = str(self.number)
        for claim in self.store.claim([tag], token, claim_timeout=lease, held_for=SOON):
            assert claim.message.client_tag not in self.canceled or claim.kind is ClaimKind.LOOK_UP
            if claim.kind is not ClaimKind.LOOK_UP:
                self.tokens[tag] = token

    @rule(tag=tags, to=st.sampled_from(State), due=st.sampled_from([None, SOON, MINUTE]), stale=st.booleans())
    def answer(self, tag: str, to: State, due: timedelta | None, *, stale: bool) -> None:
        """A worker settles what it holds, or what it held once."""
        token = "stale" if stale else self.tokens.get(tag, "none")
        order = StateUpdate(
            client_tag=tag,
            expected_states=frozenset({State.SUBMITTING}),
            claim_id=token,
            to=to,
            reason="answer",
            due_in=due,
        )
        self._settle(order)

    @rule(tag=tags, to=st.sampled_from(State))
    def report(self, tag: str, to: State) -> None:
        """News from the provider about a message in any state."""
        order = StateUpdate(
            client_tag=tag, expected_states=frozenset(State) - {State.SUBMITTING}, to=to, reason="report"
        )
        before = self._now_in(tag)
        self._settle(order)
        if to not in TRANSITIONS[before]:
            assert self._now_in(tag) is before

    @rule(tag=tags)
    def cancel(self, tag: str) -> None:
        """The caller changes their mind."""
        [outcome] = self.store.cancel([tag])
        if outcome == "canceled":
            self.canceled.add(tag)
            assert self._now_in(tag) is State.CANCELED

    @rule()
    def tick(self) -> None:
        """Beat looks for what is due."""
        self.store.process_due(self.store.claim_due_to_send(claim_timeout=SOON), held_for=SOON)
        self.store.claim_due_to_check(claim_timeout=SOON)

    @rule(lane=st.sampled_from(SENDING_LANES))
    def sweep(self, lane: str) -> None:
        """Beat looks for lost tasks."""
        self.store.find_lost_tasks(next(one for one in SENDING_LANES if one == lane), grace=SOON)

    @rule(held=st.booleans())
    def hold(self, *, held: bool) -> None:
        """The quota is used up, or renewed."""
        if held:
            self.store.suspend("quota", retry_in=MINUTE)
        else:
            self.store.resume()

    @invariant()
    def every_step_is_in_the_table(self) -> None:
        """What a message's history tells, step by step."""
        for message in self.store.get(self.seen):
            assert message is not None
            states = [event.state for event in message.history]
            for before, after in pairwise(states):
                assert after in TRANSITIONS[before], states
            assert states[-1] is message.state

    @invariant()
    def nobody_is_forgotten(self) -> None:
        """Each message that is not final stands in exactly one place that will see to it; the others in none."""
        keys = self.store.keys
        places = [keys.due_to_send, keys.due_to_check, *(keys.waiting(lane) for lane in SENDING_LANES)]
        for message in self.store.get(self.seen):
            assert message is not None
            found = [place for place in places if self.store.redis.zscore(place, message.client_tag) is not None]
            assert len(found) == (0 if message.state in FINAL else 1), (message.state, found)
            if message.state in AT_PROVIDER:
                assert found == [keys.due_to_check]

    @invariant()
    def the_indexes_agree_with_the_records(self) -> None:
        """A message is counted where it stands, and nowhere else."""
        for message in self.store.get(self.seen):
            assert message is not None
            found = [
                state
                for state in State
                if self.store.redis.zscore(self.store.keys.state(state), message.client_tag) is not None
            ]
            assert found == [message.state]

    @invariant()
    def bodies_are_kept_only_while_needed(self) -> None:
        """And always while needed."""
        for message in self.store.get(self.seen):
            assert message is not None
            kept = bool(self.store.redis.exists(self.store.keys.body(message.client_tag)))
            assert kept is not (message.state in FINAL | AT_PROVIDER)

    def _settle(self, order: StateUpdate) -> None:
        try:
            self.store.apply_updates([order])
        except ForbiddenTransition:
            assert order.to not in TRANSITIONS[self._now_in(order.client_tag)]

    def _now_in(self, tag: str) -> State:
        [message] = self.store.get([tag])
        assert message is not None
        return message.state


@pytest.mark.timeout(240)
def test_any_order_of_events(redis_url: str) -> None:
    """Hypothesis looks for an order of events that breaks the store."""
    StoreMachine.redis_url = redis_url
    run_state_machine_as_test(
        StoreMachine,
        settings=settings(
            max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
