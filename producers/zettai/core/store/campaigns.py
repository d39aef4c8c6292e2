"""The control of groups, and how many of their messages are in each state."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from redis import Redis

from zettai.core.campaign_control import CampaignControl
from zettai.core.errors import UrgentCampaign
from zettai.core.lanes import SENDING_LANES, TURN_LANES, Lane
from zettai.core.states import FINAL, State
from zettai.core.store.keys import Keys
from zettai.core.store.scripts import Scripts
from zettai.core.times import from_milliseconds

SAMPLES = 200
"""Waiting messages of a group whose expiry is read, evenly spread over its queue."""


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """What the store has about a group.

    Attributes:
        states: how many of its messages are in each state.
        is_counted: whether `states` has all of them. An older version did not count.
        in_turn: how many wait for a turn of the group.
    """

    group: str
    control: CampaignControl
    states: Mapping[State, int]
    is_counted: bool
    in_turn: int


class CampaignStore:
    """Controls groups."""

    def __init__(self, redis: Redis, keys: Keys, scripts: Scripts) -> None:
        self._redis = redis
        self._keys = keys
        self._scripts = scripts

    def change(self, group: str, changes: Mapping[str, Any]) -> CampaignControl:
        """Change how a group is controlled, and return its control.

        Raises:
            UrgentCampaign: something is to be limited, and the group has urgent messages. Nothing changed.
        """
        answer = cast("str", self._scripts.run("control_campaign", [], group, json.dumps(changes)))
        if answer == "urgent":
            raise UrgentCampaign(group)
        return CampaignControl.from_json(json.loads(answer))

    def now(self) -> datetime:
        """Return the time of Redis."""
        seconds, microseconds = self._redis.time()
        return from_milliseconds(seconds * 1000 + microseconds / 1000)

    def names(self) -> list[str]:
        """Return the groups that have messages without a final state, and those that are controlled, in their order."""
        counted = cast("list[str]", self._redis.hkeys(self._keys.open_in_groups))
        open_groups = (name.rpartition("\n")[2] for name in counted)  # the owner comes first, if there is one
        return sorted({*open_groups, *cast("list[str]", self._redis.hkeys(self._keys.campaigns))})

    def read(self, groups: Sequence[str]) -> list[GroupFacts]:
        """Return what the store has about groups. A group without messages and control has no numbers."""
        fields = [(lane, state) for lane in SENDING_LANES for state in State]
        with self._redis.pipeline(transaction=False) as pipe:
            for group in groups:
                pipe.hget(self._keys.campaigns, group)
                pipe.hmget(self._keys.group_states, [f"{lane} {state} {group}" for lane, state in fields])
                pipe.zcard(self._keys.group(group))
                for lane in TURN_LANES:
                    pipe.llen(self._keys.group_queue(lane, group))
            answers = iter(pipe.execute())
        return [self._facts(group, fields, *(next(answers) for _ in range(3 + len(TURN_LANES)))) for group in groups]

    def belongs_to(self, group: str, owner: str) -> bool:
        """Return whether a group has open messages, and all of them belong to this owner."""
        fields = [f"{lane} {state} {group}" for lane in SENDING_LANES for state in State if state not in FINAL]
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.hget(self._keys.open_in_groups, f"{owner}\n{group}")
            pipe.hmget(self._keys.group_states, fields)
            own, counts = pipe.execute()
        return int(own or 0) == sum(int(count or 0) for count in counts) > 0

    def expiries(self, group: str, samples: int = SAMPLES) -> list[tuple[int, datetime]]:
        """Return the position in the queue and the expiry of some waiting messages of a group, evenly spread.

        Args:
            group: the group.
            samples: how many are read at most, in each lane.
        """
        found: list[tuple[int, str]] = []
        for lane in TURN_LANES:
            queue = self._keys.group_queue(lane, group)
            length = self._redis.llen(queue)
            positions = sorted({length * number // samples for number in range(samples)} if length else ())
            with self._redis.pipeline(transaction=False) as pipe:
                for position in positions:
                    pipe.lindex(queue, position)
                found += [(at, tag) for at, tag in zip(positions, pipe.execute(), strict=True) if tag]
        with self._redis.pipeline(transaction=False) as pipe:
            for _, tag in found:
                pipe.hmget(self._keys.message(tag), "state", "expires")
            records = pipe.execute()
        return [
            (position, from_milliseconds(expires))
            for (position, _), (state, expires) in zip(found, records, strict=True)
            if state == State.QUEUED and expires
        ]

    @staticmethod
    def _facts(
        group: str,
        fields: Sequence[tuple[Lane, State]],
        control: str | None,
        counts: Sequence[str | None],
        members: int,
        *queues: int,
    ) -> GroupFacts:
        states: dict[State, int] = dict.fromkeys(State, 0)
        for (_, state), count in zip(fields, counts, strict=True):
            states[state] += max(0, int(count or 0))
        waiting = states[State.QUEUED] + states[State.HELD]
        is_counted = sum(states.values()) == members
        in_turn = min(sum(queues), waiting) if is_counted else sum(queues)
        return GroupFacts(group, CampaignControl.from_json(json.loads(control or "{}")), states, is_counted, in_turn)


class AccountCampaigns:
    """The controls of groups for several accounts. A group is controlled in all of them."""

    def __init__(self, stores: Sequence[CampaignStore]) -> None:
        """Put the stores of the accounts together; at least one."""
        self._stores = stores

    def change(self, group: str, changes: Mapping[str, Any]) -> CampaignControl:
        """Change how a group is controlled; see `CampaignStore.change`."""
        return [store.change(group, changes) for store in self._stores][-1]

    def now(self) -> datetime:
        """Return the time of Redis."""
        return self._stores[0].now()

    def names(self) -> list[str]:
        """Return the groups; see `CampaignStore.names`."""
        return self._stores[0].names()

    def read(self, groups: Sequence[str]) -> list[GroupFacts]:
        """Return what the stores have about groups. The numbers by state are those of all accounts."""
        of_stores = [store.read(groups) for store in self._stores]
        return [replace(same[0], in_turn=sum(one.in_turn for one in same)) for same in zip(*of_stores, strict=True)]

    def belongs_to(self, group: str, owner: str) -> bool:
        """Return whether a group belongs to an owner; see `CampaignStore.belongs_to`."""
        return self._stores[0].belongs_to(group, owner)

    def expiries(self, group: str, samples: int = SAMPLES) -> list[tuple[int, datetime]]:
        """Return expiries of waiting messages; see `CampaignStore.expiries`."""
        return [one for store in self._stores for one in store.expiries(group, samples)]
