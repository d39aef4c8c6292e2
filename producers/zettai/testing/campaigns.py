"""Controls of campaigns in memory, for tests."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from zettai.core.campaign_control import CampaignControl
from zettai.core.errors import UrgentCampaign
from zettai.core.lanes import Lane
from zettai.core.message import Message
from zettai.core.states import State
from zettai.core.store.campaigns import GroupFacts
from zettai.core.times import now


class InMemoryCampaigns:
    """The part of `CampaignStore` that producers use, in memory."""

    def __init__(self, messages: Mapping[str, Message]) -> None:
        self._messages = messages
        self._controls: dict[str, dict[str, Any]] = {}

    def change(self, group: str, changes: Mapping[str, Any]) -> CampaignControl:
        """Change how a group is controlled; see `CampaignStore.change`."""
        is_limited = any(value is not None for value in changes.values())
        if is_limited and any(message.lane is Lane.URGENT for message in self._of(group)):
            raise UrgentCampaign(group)
        control = {**self._controls.get(group, {}), **changes}
        self._controls[group] = {name: value for name, value in control.items() if value is not None}
        return CampaignControl.from_json(self._controls[group])

    def now(self) -> datetime:
        """Return the time."""
        return now()

    def names(self) -> list[str]:
        """Return the groups; see `CampaignStore.names`."""
        messages = self._messages.values()
        open_groups = {message.group for message in messages if message.group and not message.state.is_final}
        return sorted({*open_groups, *(group for group, control in self._controls.items() if control)})

    def read(self, groups: Sequence[str]) -> list[GroupFacts]:
        """Return facts about groups; see `CampaignStore.read`."""
        return [self._facts(group) for group in groups]

    def expiries(self, group: str) -> list[tuple[int, datetime]]:
        """Return the expiry of waiting messages; see `CampaignStore.expiries`."""
        return list(enumerate(message.expires_at for message in self._of(group) if message.state is State.QUEUED))

    def belongs_to(self, group: str, owner: str) -> bool:
        """Return whether a group belongs to an owner; see `CampaignStore.belongs_to`."""
        owners = {message.owner for message in self._of(group) if not message.state.is_final}
        return owners == {owner}

    def clear(self) -> None:
        """Remove all controls."""
        self._controls.clear()

    def _of(self, group: str) -> list[Message]:
        return [message for message in self._messages.values() if message.group == group]

    def _facts(self, group: str) -> GroupFacts:
        states = {state: sum(message.state is state for message in self._of(group)) for state in State}
        control = CampaignControl.from_json(self._controls.get(group, {}))
        return GroupFacts(group, control, states, is_counted=True, in_turn=states[State.QUEUED])
