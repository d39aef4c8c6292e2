"""Any message in a queue is one of our tasks, or is refused with a known reason."""

import json
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.support.wire import JSON, headers

from zettai.core.tasks import ClientTags, Day, TaskName
from zettai_worker.message_filter import Run, why_refused

REASONS: set[str | None] = {
    "no task",
    "unknown task",
    "not JSON",
    "too large",
    "no task id",
    "times of its own",
    "wrong headers",
    "no arguments",
    "followed by other tasks",
    "wrong arguments",
}

ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)

TAGS = st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=200), max_size=50)


def _send(client_tags: ClientTags) -> None:
    raise AssertionError("the filter must not run a task")


def _check_day(day: Day, client_tags: ClientTags) -> None:
    raise AssertionError("the filter must not run a task")


KNOWN: dict[str, Run] = {TaskName.SEND: _send, TaskName.CHECK_DAY: _check_day}


def _refusal(body: object, **over: Any) -> str | None:
    raw = body if isinstance(body, str | bytes) else json.dumps(body)
    message = {"headers": headers(), "content_type": JSON, "content_encoding": "utf-8", "body": raw, **over}
    return why_refused(SimpleNamespace(**message), KNOWN)


@given(TAGS)
def test_own_tasks_are_accepted(tags: list[str]) -> None:
    assert _refusal([[tags], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]) is None
    assert _refusal([["2026-02-28", tags], {}, {}], headers=headers(TaskName.CHECK_DAY)) is None


@given(body=ANYTHING | st.binary(), arguments=st.lists(ANYTHING, max_size=3))
def test_other_bodies_are_refused(body: Any, arguments: list[Any]) -> None:
    is_tags = len(arguments) == 1 and isinstance(arguments[0], list)
    assert _refusal(body) in REASONS
    assert is_tags or _refusal([arguments, {}, {}]) in REASONS


@given(wrong=st.dictionaries(st.sampled_from(["task", "id", "eta", "expires", "timelimit", "retries"]), ANYTHING))
def test_any_header_value_is_accepted_or_refused_with_a_known_reason(wrong: dict[str, Any]) -> None:
    assert _refusal([[["t"]], {}, {}], headers={**headers(), **wrong}) in {None, *REASONS}


@given(given_headers=ANYTHING, content_type=ANYTHING, content_encoding=ANYTHING, body=ANYTHING)
def test_any_types_are_refused_with_a_known_reason(**message: Any) -> None:
    message["headers"] = message.pop("given_headers")
    assert why_refused(SimpleNamespace(**message), KNOWN) in REASONS
