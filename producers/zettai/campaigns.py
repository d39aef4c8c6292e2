"""`SmsClient.campaigns`: pauses, paces and shows the messages of a group."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from zettai.core.campaign_control import CampaignControl, Pace, SendWindow, pause_change, speed_change
from zettai.core.errors import InvalidMessage
from zettai.core.forecast import Forecast
from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.loggers import get_logger
from zettai.core.message import Message
from zettai.core.states import State
from zettai.core.store.campaigns import GroupFacts
from zettai.core.store.connection import store_errors
from zettai.core.validation import checked_tag

Value = TypeVar("Value")

logger = get_logger("zettai.producers")

IN_FLIGHT = (State.SUBMITTING, State.SUBMIT_UNKNOWN)
"""The states of messages that a worker may be sending at the moment, or has tried to send."""


class ControlStore(Protocol):
    """The part of `CampaignStore` that a producer uses. `zettai.testing` has one in memory."""

    def change(self, group: str, changes: Mapping[str, Any]) -> CampaignControl: ...  # noqa: D102 - see CampaignStore
    def now(self) -> datetime: ...  # noqa: D102
    def names(self) -> list[str]: ...  # noqa: D102
    def read(self, groups: Sequence[str]) -> list[GroupFacts]: ...  # noqa: D102
    def expiries(self, group: str) -> list[tuple[int, datetime]]: ...  # noqa: D102
    def belongs_to(self, group: str, owner: str) -> bool: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignStatus:
    """A campaign: the messages of a group. All times are aware and in Japan time.

    Attributes:
        name: the group.
        states: how many messages are in each state.
        waiting: how many messages wait here and could be sent now.
        in_flight: how many messages are being sent, or have an unknown outcome. A pause does not stop these.
        paused_at: since when it is paused; None if it is not.
        pace: how fast it is sent, such as `50/second`; None for as fast as the limit allows.
        window: when it is sent, in words; None for at any time.
        waits_for: why messages wait: `paused`, `window`, `pace`, or None.
        opens_at: when the window opens; None if it is open, or there is none.
        expected_end: when the last waiting message is sent at the earliest; None if none waits, or during a pause.
        will_expire: about how many waiting messages expire before their turn; during a pause, if it were resumed now.
        first_expiry: when the first waiting message expires; None if none waits.
    """

    name: str
    states: Mapping[State, int]
    waiting: int
    in_flight: int
    paused_at: datetime | None
    pace: str | None
    window: str | None
    waits_for: str | None
    opens_at: datetime | None
    expected_end: datetime | None
    will_expire: int
    first_expiry: datetime | None

    @property
    def total(self) -> int:
        """The number of messages."""
        return sum(self.states.values())

    def to_dict(self) -> dict[str, Any]:
        """Return the status as a dictionary for JSON."""
        return {
            "name": self.name,
            "total": self.total,
            "states": {state.value: count for state, count in self.states.items() if count},
            "waiting": self.waiting,
            "in_flight": self.in_flight,
            "paused_at": _iso(self.paused_at),
            "pace": self.pace,
            "window": self.window,
            "waits_for": self.waits_for,
            "opens_at": _iso(self.opens_at),
            "expected_end": _iso(self.expected_end),
            "will_expire": self.will_expire,
            "first_expiry": _iso(self.first_expiry),
        }


class Campaigns:
    """Controls the messages of a group in the lanes `normal` and `bulk`.

    Each call raises `InvalidMessage` if the name is not a group, and `LedgerUnavailable` if Redis does not answer. All
    of them are safe to repeat. A group may be controlled before its first message is sent.
    """

    def __init__(
        self,
        store: ControlStore,
        find: Callable[[str], Iterator[Message]],
        hold_reservations: Callable[[str], int],
        retry_for: timedelta,
    ) -> None:
        """Build without connecting.

        Args:
            store: holds the controls.
            find: yields the messages of a group.
            hold_reservations: takes the reservations of a group back from the provider.
            retry_for: after this time of a call, Redis is not asked again.
        """
        self._store = store
        self._find = find
        self._hold_reservations = hold_reservations
        self._retry_for = retry_for

    def pause(self, name: str, *, reservations: bool = False) -> CampaignStatus:
        """Let the messages of a group wait.

        When this returns, no worker begins to send one of them. Those that are `in_flight` may still be sent. Messages
        that expire meanwhile are not sent.

        Args:
            name: the group.
            reservations: whether reservations at the provider are canceled too. Each ends as `canceled` and is replaced
                by a message with a new tag, which waits here and is reserved again after `resume`, if its time has not
                passed. The tag is in `replaced_by`. Without this, the provider sends what is reserved. What it sends
                in less than a minute stays there, and so does what is reserved just now: call again for these.

        Raises:
            UrgentCampaign: the group has urgent messages. Nothing changed.
        """
        status = self._change(name, lambda: pause_change(self._store.now()))
        logger.info("campaign_paused", **_logged(status))
        if reservations and (count := self._hold_reservations(name)):
            logger.info("reservations_held", group=name, count=count)
            return self.show(name)
        return status

    def resume(self, name: str) -> CampaignStatus:
        """Let a paused group go on. Its pace and its window stay."""
        status = self._change(name, lambda: pause_change(None))
        logger.info("campaign_resumed", **_logged(status))
        return status

    def set(
        self,
        name: str,
        *,
        rate: str | None = None,
        over: timedelta | None = None,
        between: str | None = None,
        days: str | None = None,
        holidays: bool = True,
    ) -> CampaignStatus:
        """Set how fast and when the messages of a group are sent. What is left out has no limit any more.

        Args:
            name: the group.
            rate: the highest rate, such as `50/second`, `300/minute` or `10000/hour`.
            over: in place of a rate, the time in which the messages that wait now are sent.
            between: the time of the day in Japan, such as `09:00-20:00`, or `21:00-02:00` across midnight. Outside of
                it nothing is sent.
            days: the days of the week, such as `mon-fri` or `mon,wed,sat`. What is open across midnight belongs to the
                day on which it opens.
            holidays: whether messages are sent on Japanese holidays.

        Raises:
            InvalidMessage: an argument is wrong. The error names it and the reason. Nothing changed.
            UrgentCampaign: the group has urgent messages. Nothing changed.
        """
        for argument, value in (("rate", rate), ("between", between), ("days", days)):
            if value is not None and not isinstance(value, str):
                raise InvalidMessage(argument, InvalidValue(InvalidReason.NOT_A_TEXT))
        if over is not None and not isinstance(over, timedelta):
            raise InvalidMessage("over", InvalidValue(InvalidReason.NOT_A_DURATION))

        def change() -> Mapping[str, Any]:
            window = self._window(between, days, holidays=holidays)
            return speed_change(self._pace(name, rate, over), window)

        status = self._change(name, change)
        logger.info("campaign_set", **_logged(status), pace=status.pace, window=status.window)
        return status

    def show(self, name: str) -> CampaignStatus:
        """Return how far a group is, what waits and why. A group without messages has zeros."""
        group = _checked_group(name)
        with store_errors(retry_for=self._retry_for):
            return self._status(self._store.read([group])[0])

    def list(self) -> list[CampaignStatus]:
        """Return the groups that have messages without a final state, and those that are controlled, by name."""
        with store_errors(retry_for=self._retry_for):
            return [self._status(facts) for facts in self._store.read(self._store.names())]

    def belongs_to(self, name: str, owner: str) -> bool:
        """Return whether a campaign has open messages, and all of them belong to an owner (`Message.owner`).

        The gateway lets an API key that sees only its own messages see and control these campaigns only.
        """
        group = _checked_group(name)
        with store_errors(retry_for=self._retry_for):
            return self._store.belongs_to(group, owner)

    def _change(self, name: str, change: Callable[[], Mapping[str, Any]]) -> CampaignStatus:
        group = _checked_group(name)
        with store_errors(retry_for=self._retry_for):
            self._store.change(group, change())
            return self._status(self._store.read([group])[0])

    def _pace(self, name: str, rate: str | None, over: timedelta | None) -> Pace | None:
        if rate is not None and over is not None:
            raise InvalidMessage("over", InvalidValue(InvalidReason.RATE_AND_OVER))
        if rate is not None:
            return _checked("rate", lambda: Pace.parse(rate))
        if over is None:
            return None
        if over <= timedelta():
            raise InvalidMessage("over", InvalidValue(InvalidReason.NOT_POSITIVE, seconds=f"{over.total_seconds():g}"))
        waiting = self._store.read([name])[0].in_turn
        if not waiting:
            raise InvalidMessage("over", InvalidValue(InvalidReason.NOTHING_WAITS))
        return Pace.over(over, waiting)

    def _window(self, between: str | None, days: str | None, *, holidays: bool) -> SendWindow | None:
        today = self._store.now().date()
        _checked("between", lambda: SendWindow.parse(between, None, holidays=True, today=today))
        return _checked("days", lambda: SendWindow.parse(between, days, holidays=holidays, today=today))

    def _status(self, facts: GroupFacts) -> CampaignStatus:
        control, now = facts.control, self._store.now()
        states = facts.states
        if not facts.is_counted:
            found = Counter(message.state for message in self._find(facts.group))
            states = {state: found[state] for state in State}
        forecast = Forecast(control, now)
        expiries = self._store.expiries(facts.group) if facts.in_turn else []
        late = forecast.too_late(expiries)
        opens = control.window.opening(now) if control.window is not None else now
        is_moving = facts.in_turn > 0 and control.paused_at is None
        return CampaignStatus(
            name=facts.group,
            states=states,
            waiting=facts.in_turn,
            in_flight=sum(states[state] for state in IN_FLIGHT),
            paused_at=control.paused_at,
            pace=None if control.pace is None else control.pace.text,
            window=None if control.window is None else str(control.window),
            waits_for=_waits_for(control, is_open=opens <= now) if facts.in_turn else None,
            opens_at=opens if opens > now else None,
            expected_end=forecast.time_of(facts.in_turn - 1) if is_moving else None,
            will_expire=round(facts.in_turn * late / len(expiries)) if expiries else 0,
            first_expiry=min((expires_at for _, expires_at in expiries), default=None),
        )


def _logged(status: CampaignStatus) -> dict[str, Any]:
    return {"group": status.name, "waiting": status.waiting, "will_expire": status.will_expire}


def _waits_for(control: CampaignControl, *, is_open: bool) -> str | None:
    if control.paused_at is not None:
        return "paused"
    if not is_open:
        return "window"
    return None if control.pace is None else "pace"


def _checked_group(name: object) -> str:
    if not isinstance(name, str):
        raise InvalidMessage("name", InvalidValue(InvalidReason.NOT_A_TEXT))
    return _checked("name", lambda: checked_tag(name))


def _checked(field: str, parse: Callable[[], Value]) -> Value:
    try:
        return parse()
    except InvalidValue as error:
        raise InvalidMessage(field, error) from None


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
