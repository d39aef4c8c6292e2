"""What happens around the provider, step by step, and how Hypothesis draws it."""

from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import strategies as st
from tests.integration.model.provider_account import Traits
from tests.integration.model.reactions import TRUE_REACTION, Answer, Effect, Reaction

from zettai.core.lanes import SENDING_LANES, Lane

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True)
class Send:
    """An application sends a message, or schedules it for a time."""

    lane: Lane = Lane.NORMAL
    after: timedelta | None = None
    expires_in: timedelta = 10 * MINUTE
    grouped: bool = False


@dataclass(frozen=True)
class Cancel:
    """An application cancels a message, by its number."""

    message: int = 0


@dataclass(frozen=True)
class Replace:
    """An application replaces a message by one with another text, and perhaps another time."""

    message: int = 0
    after: timedelta | None = None


@dataclass(frozen=True)
class CancelGroup:
    """An application cancels all messages of the group."""


@dataclass(frozen=True)
class CancelAll:
    """An operator cancels all reservations of the account."""


@dataclass(frozen=True)
class Work:
    """Time passes while workers and beat run. The provider reacts to the first calls as given."""

    duration: timedelta = timedelta()
    reactions: tuple[Reaction, ...] = ()
    slots: tuple[timedelta | None, ...] = ()


@dataclass(frozen=True)
class Rest:
    """Time passes while no worker runs."""

    duration: timedelta


@dataclass(frozen=True)
class LoseTasks:
    """All tasks in the queues are lost."""


@dataclass(frozen=True)
class RepeatTask:
    """A task is delivered again, however old it is."""

    age: int = 0


@dataclass(frozen=True)
class Compare:
    """Beat compares the store with the provider."""

    statuses: bool = False


@dataclass(frozen=True)
class Report:
    """The provider pushes a delivery report, true or not."""

    message: int = 0
    status_id: int = 2


Step = Send | Cancel | Replace | CancelGroup | CancelAll | Work | Rest | LoseTasks | RepeatTask | Compare | Report


@dataclass(frozen=True)
class Script:
    """An example.

    Attributes:
        traits: how the provider is.
        steps: what happens.
        ending: how the provider reacts, in turn, to each call after the steps, until all messages are final.
        compared: whether beat compares the store with the provider at that time.
    """

    traits: Traits = field(default_factory=Traits)
    steps: tuple[Step, ...] = ()
    ending: tuple[Reaction, ...] = (TRUE_REACTION,)
    compared: bool = False


lags = st.sampled_from([timedelta(), MINUTE, 4 * MINUTE])

traits = st.builds(
    Traits,
    lag=lags,
    ahead=st.sampled_from([timedelta(), 4 * MINUTE, -4 * MINUTE]),
    final_status=st.sampled_from([2, 3, 1, 0]),
    rewrites=st.booleans(),
    national_numbers=st.booleans(),
    says_already_sent=st.booleans(),
    repeats_cancel=st.booleans(),
)

messages = st.integers(0, 3)

durations = st.sampled_from([timedelta(), SECOND, 10 * SECOND, MINUTE, 6 * MINUTE, HOUR, 24 * HOUR])

lanes = st.sampled_from([Lane.NORMAL, *SENDING_LANES])

send_steps = st.builds(
    Send,
    lane=lanes,
    after=st.sampled_from([None, None, MINUTE, 3 * MINUTE, 7 * MINUTE, HOUR, 24 * HOUR]),
    expires_in=st.sampled_from([10 * MINUTE, MINUTE, HOUR]),
    grouped=st.booleans(),
)

application_steps = st.one_of(
    send_steps,
    st.builds(Cancel, messages),
    st.builds(Replace, messages, st.sampled_from([None, MINUTE, 7 * MINUTE, HOUR])),
    st.just(CancelGroup()),
    st.just(CancelAll()),
    st.builds(RepeatTask, messages),
)

answers = st.sampled_from([*Answer])

lasting_answers = st.sampled_from([answer for answer in Answer if not answer.kills])

reactions = st.one_of(
    st.builds(Reaction, effect=st.sampled_from(Effect), answer=answers),
    st.builds(Reaction, effect=st.sampled_from(Effect), answer=st.sampled_from([Answer.NONE, Answer.TRUTH])),
    st.builds(
        Reaction,
        answer=st.sampled_from([Answer.TRUTH, Answer.NONE]),
        meanwhile=st.one_of(application_steps, st.just(Work())),
        answer_waits=st.booleans(),
    ),
    # The worker is stopped after the request, and goes on when its claim is over.
    st.builds(
        Reaction, meanwhile=st.builds(Work, st.sampled_from([6 * MINUTE, HOUR])), answer_waits=st.sampled_from([True])
    ),
)

waits = st.sampled_from([timedelta(), 40 * SECOND, 2 * MINUTE, 2 * HOUR, None])

work_steps = st.builds(
    Work,
    duration=durations,
    reactions=st.lists(reactions, max_size=4).map(tuple),
    slots=st.one_of(st.just(()), st.lists(waits, max_size=2).map(tuple)),
)

steps = st.one_of(
    work_steps,
    work_steps,
    application_steps,
    st.builds(Rest, durations),
    st.just(LoseTasks()),
    st.builds(Compare, st.booleans()),
    st.builds(Report, messages, st.sampled_from([2, 3, 1])),
)


def reserved(first: Send, *more: Send) -> tuple[Step, ...]:
    """Return the steps after which messages are at the provider, most of them reserved."""
    return first, *more, Work(SECOND)


reservations = st.builds(
    Send, lane=lanes, after=st.sampled_from([3 * MINUTE, 7 * MINUTE, HOUR, 24 * HOUR]), grouped=st.booleans()
)

openings = st.one_of(
    st.tuples(send_steps),
    st.tuples(send_steps, send_steps),
    st.builds(reserved, reservations),
    st.builds(reserved, reservations, reservations),
    st.builds(reserved, reservations, send_steps),
)

scripts = st.builds(
    lambda opening, rest, **keywords: Script(steps=(*opening, *rest), **keywords),
    opening=openings,
    rest=st.lists(steps, min_size=1, max_size=10),
    traits=traits,
    ending=st.lists(st.builds(Reaction, st.sampled_from(Effect), lasting_answers), min_size=1, max_size=3).map(tuple),
    compared=st.booleans(),
)
