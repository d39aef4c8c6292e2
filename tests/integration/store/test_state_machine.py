"""Events in any order on a real store."""

import json
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.support.store_helpers import DAY, MINUTE, new_message

from zettai.core.events import EventType
from zettai.core.lanes import SENDING_LANES, TURN_LANES, Lane
from zettai.core.message import Message
from zettai.core.new_message import NewMessage
from zettai.core.replacement import Changes, ReplaceOutcome
from zettai.core.states import AT_PROVIDER, EVENT_STATES, FINAL, TRANSITIONS, State
from zettai.core.store import StateUpdate, WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.events import read_events
from zettai.core.store.keys import Keys
from zettai.core.store.scripts import NEEDS_BODY
from zettai.core.store.updates import ForbiddenTransition

SOON = timedelta(0)


class StoreMachine(RuleBasedStateMachine):
    """Producers, workers, sweeps and cancels in any order, next to a model that only knows the table of states."""

    redis_url = ""
    tags = Bundle("tags")

    def __init__(self) -> None:
        super().__init__()
        self.store = WorkerStore(connect(self.redis_url), Keys("machine"))
        self.created: list[str] = []
        self.claim_ids: dict[str, str] = {}
        self.canceled: set[str] = set()
        self.number = 0

    @initialize()
    def empty(self) -> None:
        """Start with an empty server."""
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
        self.created.append(one.client_tag)
        return one.client_tag

    @rule(tag=tags, claim_timeout=st.sampled_from([SOON, MINUTE]))
    def claim(self, tag: str, claim_timeout: timedelta) -> None:
        """A worker claims the message."""
        self.number += 1
        claim_id = str(self.number)
        for claim in self.store.claim([tag], claim_id, claim_timeout=claim_timeout, held_for=SOON):
            assert claim.message.client_tag not in self.canceled
            self.claim_ids[tag] = claim_id

    @rule(lane=st.sampled_from(TURN_LANES), most=st.integers(1, 4), is_claimed=st.booleans())
    def take(self, lane: Lane, most: int, *, is_claimed: bool) -> None:
        """A worker takes the next messages of a lane, and claims them if it is not killed."""
        self.number += 1
        claim_id = str(self.number)
        taken = self.store.take_turns(lane, "process", claim_id, most)
        if is_claimed and taken:
            for claim in self.store.claim(taken, claim_id, claim_timeout=MINUTE, held_for=SOON):
                assert claim.message.client_tag not in self.canceled
                self.claim_ids[claim.message.client_tag] = claim_id

    @rule(tag=tags, to=st.sampled_from(State), due=st.sampled_from([None, SOON, MINUTE]), stale=st.booleans())
    def answer(self, tag: str, to: State, due: timedelta | None, *, stale: bool) -> None:
        """A worker applies an update with its present claim or with an old one."""
        claim_id = "stale" if stale else self.claim_ids.get(tag, "none")
        update = StateUpdate(
            client_tag=tag,
            expected_states=frozenset({State.SUBMITTING}),
            claim_id=claim_id,
            to=to,
            reason="answer",
            due_in=due,
        )
        self._apply(update)

    @rule(tag=tags, to=st.sampled_from(State))
    def report(self, tag: str, to: State) -> None:
        """The provider reports a status in any state."""
        update = StateUpdate(
            client_tag=tag, expected_states=frozenset(State) - {State.SUBMITTING}, to=to, reason="report"
        )
        before = self._state_of(tag)
        self._apply(update)
        if to not in TRANSITIONS[before]:
            assert self._state_of(tag) is before

    @rule(tag=tags)
    def cancel(self, tag: str) -> None:
        """An application cancels the message."""
        [outcome] = self.store.cancel([tag])
        if outcome == "canceled":
            self.canceled.add(tag)
            assert self._state_of(tag) is State.CANCELED

    @rule(target=tags, tag=tags)
    def replace(self, tag: str) -> str:
        """An application replaces the message."""
        self.number += 1
        changes = Changes.validated(send_at=None, body=f"no. {self.number}", client_tag=f"new-{self.number}")
        [replacement, *_] = self.store.replace(tag, changes)
        if replacement.outcome is not ReplaceOutcome.REPLACED:
            return tag
        assert replacement.client_tag is not None
        self.canceled.add(tag)
        return replacement.client_tag

    @rule()
    def publish_due(self) -> None:
        """Beat processes due messages."""
        self.store.process_due(self.store.claim_due_to_send(claim_timeout=SOON), held_for=SOON, give_up_after=DAY)
        self.store.claim_due_to_check(claim_timeout=SOON)

    @rule(lane=st.sampled_from(SENDING_LANES))
    def sweep(self, lane: Lane) -> None:
        """Beat finds lost tasks."""
        if lane in TURN_LANES:
            self.store.put_back_unclaimed(lane, grace=SOON)
        lost = self.store.find_lost_tasks(lane, grace=SOON)
        self.store.process_due(lost, held_for=SOON, give_up_after=DAY)

    @rule(suspended=st.booleans())
    def suspend(self, *, suspended: bool) -> None:
        """Sending is suspended or resumed."""
        if suspended:
            self.store.suspend("quota", retry_in=MINUTE)
        else:
            self.store.resume()

    @invariant()
    def every_step_is_in_the_table(self) -> None:
        """Each step in the history of each message is an allowed transition."""
        for message in self._messages():
            states = [event.state for event in message.history]
            for before, after in pairwise(states):
                assert after in TRANSITIONS[before], states
            assert states[-1] is message.state

    @invariant()
    def exactly_one_of_a_message_and_its_successor_is_recorded(self) -> None:
        """A successor is recorded only for a message that was never sent."""
        for message in self._messages():
            if message.replaced_by is not None:
                assert message.state.was_never_sent

    @invariant()
    def each_open_message_is_in_one_index(self) -> None:
        """A message in a final state is in no index of work."""
        keys = self.store.keys
        indexes = [keys.due_to_send, keys.due_to_check, *(keys.waiting(lane) for lane in SENDING_LANES)]
        for message in self._messages():
            found = [index for index in indexes if self.store.redis.zscore(index, message.client_tag) is not None]
            assert len(found) == (0 if message.state in FINAL else 1), (message.state, found)
            if message.state in AT_PROVIDER:
                assert found == [keys.due_to_check]

    @invariant()
    def each_waiting_message_is_in_the_queue_of_its_group_or_taken(self) -> None:
        keys, redis = self.store.keys, self.store.redis
        taken = {tag for take in redis.hvals(keys.taken) for tag in json.loads(take)["tags"]}
        for lane in TURN_LANES:
            groups = {group: redis.lrange(keys.group_queue(lane, group), 0, -1) for group in ("", "g")}
            assert {group for group, queue in groups.items() if queue} <= set(redis.zrange(keys.turns(lane), 0, -1))
            assert set(redis.zrange(keys.waiting(lane), 0, -1)) <= taken.union(*groups.values())

    @invariant()
    def the_indexes_agree_with_the_records(self) -> None:
        """Each message is in the index of its state only."""
        for message in self._messages():
            found = [
                state
                for state in State
                if self.store.redis.zscore(self.store.keys.state(state), message.client_tag) is not None
            ]
            assert found == [message.state]

    @invariant()
    def each_transition_that_applications_learn_about_has_one_event(self) -> None:
        events = [event for event in read_events(self.store.redis, self.store.keys) if event.client_tag]
        for message in self._messages():
            entered = [event.state for event in message.history if event.state in EVENT_STATES]
            assert [event.type.value for event in events if event.client_tag == message.client_tag] == entered

    @invariant()
    def group_is_finished_when_none_of_its_messages_is_open(self) -> None:
        members = [message for message in self._messages() if message.group]
        is_open = [message for message in members if message.state not in FINAL]
        counted = self.store.redis.hgetall(self.store.keys.open_in_groups)
        assert counted == ({"g": str(len(is_open))} if is_open else {})
        finished = [
            event
            for event in read_events(self.store.redis, self.store.keys)
            if event.type is EventType.GROUP_FINISHED and event.group == "g"
        ]
        assert bool(finished) or bool(is_open) or not members

    @invariant()
    def bodies_are_kept_only_while_needed(self) -> None:
        for message in self._messages():
            kept = bool(self.store.redis.exists(self.store.keys.body(message.client_tag)))
            assert kept is (message.state in NEEDS_BODY)

    def _apply(self, update: StateUpdate) -> None:
        try:
            self.store.apply_updates([update])
        except ForbiddenTransition:
            assert update.to not in TRANSITIONS[self._state_of(update.client_tag)]

    def _messages(self) -> list[Message]:
        """Return all messages, with the successors that are recorded by now."""
        found: list[Message] = []
        tags = self.created
        while tags:
            messages = [message for message in self.store.get(tags) if message is not None]
            assert len(messages) == len(tags)
            found += messages
            tags = [message.replaced_by for message in messages if message.replaced_by]
        return found

    def _state_of(self, tag: str) -> State:
        [message] = self.store.get([tag])
        assert message is not None
        return message.state


@pytest.mark.timeout(240)
def test_no_order_of_events_breaks_the_store(redis_url: str) -> None:
    """Hypothesis searches for an order of events that does."""
    StoreMachine.redis_url = redis_url
    run_state_machine_as_test(
        StoreMachine,
        settings=settings(
            max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
