"""The page of the message states."""

from docs.generate.markdown import code, codes, table
from docs.generate.source import attributes

from zettai.core.states import TRANSITIONS, State

HEAD = """# States

`make docs` writes this page from [states.py](../../producers/zettai/core/states.py). The store refuses a transition that is not in this table.

"""

TAIL = """
## How to read the table

- **Final**: the message is not followed any more. Only one thing can still happen: a late success changes `undelivered` or
  `delivery_unknown` to `delivered`.
- **Never sent** is a promise: the provider did not send the message and will not send it. Send it again with a new client tag, or with
  [`zettai requeue`](cli.md#zettai-requeue).
- While the outcome of an attempt is unknown, a message never becomes `queued`, `held` or `expired`, because these states promise that
  nothing was sent. [Why](../explanation/exactly-once.md).
- The `reason` beside a state is the provider's text or a short name of ours. `history` has each change with its time and reason.
"""


def page() -> str:
    """Return the page."""
    texts = attributes(State)
    rows = ((code(state), _kind(state), texts[state.name], codes(_next(state))) for state in State)
    return HEAD + table(("state", "kind", "meaning", "may become"), rows) + TAIL


def _kind(state: State) -> str:
    if state.was_never_sent:
        return "final, never sent"
    return "final" if state.is_final else "–"


def _next(state: State) -> list[State]:
    return [one for one in State if one in TRANSITIONS[state]]
