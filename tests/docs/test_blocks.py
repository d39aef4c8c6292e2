"""Every block of every page is run, compared or parsed.

`RUN` names the tests that run blocks of `python` and `sh`, and compare shown output. A block that quotes a file is
compared with it. Commands of `console` are parsed (`words`), and settings exist. `PICTURES` lists what is not code.
"""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.docs.pages import PAGES, ROOT, Fence, fences, read, simple_commands
from tests.docs.words import UNREAD, VARIABLES, check_of, is_unread


class Run(NamedTuple):
    """The test that runs blocks of a page, and how many: a new block fails until a test runs it."""

    test: str
    blocks: int


RUN = {
    ("README.md", "python"): Run("tests/docs/test_examples.py", 1),
    ("README.md", "sh"): Run("tests/docs/test_gateway_page.py", 1),
    ("README.ja.md", "python"): Run("tests/docs/test_examples.py", 1),
    ("README.ja.md", "sh"): Run("tests/docs/test_gateway_page.py", 1),
    ("docs/deployment.md", "console"): Run("tests/docs/test_commands.py", 1),
    ("docs/deployment.ja.md", "console"): Run("tests/docs/test_twins.py", 1),  # the same as the English ones
    ("docs/how-to/accounts.md", "python"): Run("tests/docs/test_accounts_page.py", 1),
    ("docs/how-to/accounts.ja.md", "python"): Run("tests/docs/test_accounts_page.py", 1),
    ("docs/how-to/campaign-report.md", "console"): Run("tests/docs/test_how_to.py", 1),
    ("docs/how-to/campaign-report.ja.md", "console"): Run("tests/docs/test_how_to.py", 1),
    ("docs/how-to/check-text.md", "console"): Run("tests/docs/test_how_to.py", 2),
    ("docs/how-to/check-text.ja.md", "console"): Run("tests/docs/test_how_to.py", 2),
    ("docs/how-to/check-text.md", "python"): Run("tests/docs/test_how_to.py", 1),
    ("docs/how-to/check-text.ja.md", "python"): Run("tests/docs/test_how_to.py", 1),
    ("docs/how-to/console.md", "sh"): Run("tests/docs/test_console_page.py", 1),
    ("docs/how-to/console.ja.md", "sh"): Run("tests/docs/test_console_page.py", 1),
    ("docs/how-to/csv.md", "console"): Run("tests/docs/test_how_to.py", 4),
    ("docs/how-to/csv.md", "python"): Run("tests/docs/test_how_to.py", 1),
    ("docs/how-to/csv.ja.md", "console"): Run("tests/docs/test_how_to.py", 4),
    ("docs/how-to/csv.ja.md", "python"): Run("tests/docs/test_how_to.py", 1),
    ("docs/how-to/campaigns.ja.md", "console"): Run("tests/docs/test_campaigns_page.py", 1),
    ("docs/how-to/campaigns.ja.md", "python"): Run("tests/docs/test_campaigns_page.py", 1),
    ("docs/how-to/campaigns.ja.md", "sh"): Run("tests/docs/test_campaigns_page.py", 2),
    ("docs/how-to/campaigns.md", "console"): Run("tests/docs/test_campaigns_page.py", 1),
    ("docs/how-to/campaigns.md", "python"): Run("tests/docs/test_campaigns_page.py", 1),
    ("docs/how-to/campaigns.md", "sh"): Run("tests/docs/test_campaigns_page.py", 2),
    ("docs/how-to/django.ja.md", "console"): Run("tests/docs/test_first_message.py", 3),
    ("docs/how-to/django.ja.md", "python"): Run("tests/docs/test_first_message.py", 2),
    ("docs/how-to/django.ja.md", "text"): Run("tests/docs/test_first_message.py", 1),
    ("docs/how-to/django.md", "console"): Run("tests/docs/test_first_message.py", 3),
    ("docs/how-to/django.md", "python"): Run("tests/docs/test_first_message.py", 2),
    ("docs/how-to/django.md", "text"): Run("tests/docs/test_first_message.py", 1),
    ("docs/how-to/fastapi.ja.md", "console"): Run("tests/docs/test_first_message.py", 2),
    ("docs/how-to/fastapi.ja.md", "python"): Run("tests/docs/test_first_message.py", 1),
    ("docs/how-to/fastapi.ja.md", "text"): Run("tests/docs/test_first_message.py", 1),
    ("docs/how-to/fastapi.md", "console"): Run("tests/docs/test_first_message.py", 2),
    ("docs/how-to/fastapi.md", "python"): Run("tests/docs/test_first_message.py", 1),
    ("docs/how-to/fastapi.md", "text"): Run("tests/docs/test_first_message.py", 1),
    ("docs/how-to/flask.ja.md", "console"): Run("tests/docs/test_first_message.py", 2),
    ("docs/how-to/flask.ja.md", "python"): Run("tests/docs/test_first_message.py", 1),
    ("docs/how-to/flask.ja.md", "text"): Run("tests/docs/test_first_message.py", 1),
    ("docs/how-to/flask.md", "console"): Run("tests/docs/test_first_message.py", 2),
    ("docs/how-to/flask.md", "python"): Run("tests/docs/test_first_message.py", 1),
    ("docs/how-to/flask.md", "text"): Run("tests/docs/test_first_message.py", 1),
    ("docs/how-to/durable.md", "python"): Run("tests/docs/test_examples.py", 1),
    ("docs/how-to/durable.ja.md", "python"): Run("tests/docs/test_examples.py", 1),
    ("docs/how-to/form-errors.md", "python"): Run("tests/docs/test_examples.py", 1),
    ("docs/how-to/form-errors.ja.md", "python"): Run("tests/docs/test_examples.py", 1),
    ("docs/how-to/events.md", "console"): Run("tests/docs/test_events_page.py", 1),
    ("docs/how-to/events.md", "python"): Run("tests/docs/test_events_page.py", 3),
    ("docs/how-to/events.ja.md", "console"): Run("tests/docs/test_events_page.py", 1),
    ("docs/how-to/events.ja.md", "python"): Run("tests/docs/test_events_page.py", 3),
    ("docs/how-to/gateway.md", "sh"): Run("tests/docs/test_gateway_page.py", 7),
    ("docs/how-to/guards.ja.md", "python"): Run("tests/docs/test_guards_page.py", 1),
    ("docs/how-to/guards.ja.md", "sh"): Run("tests/docs/test_guards_page.py", 2),
    ("docs/how-to/guards.md", "python"): Run("tests/docs/test_guards_page.py", 1),
    ("docs/how-to/guards.md", "sh"): Run("tests/docs/test_guards_page.py", 2),
    ("docs/how-to/gateway.ja.md", "sh"): Run("tests/docs/test_gateway_page.py", 7),
    ("docs/how-to/metadata.md", "console"): Run("tests/docs/test_how_to.py", 1),
    ("docs/how-to/metadata.md", "python"): Run("tests/docs/test_how_to.py", 1),
    ("docs/how-to/metadata.ja.md", "console"): Run("tests/docs/test_how_to.py", 1),
    ("docs/how-to/metadata.ja.md", "python"): Run("tests/docs/test_how_to.py", 1),
    ("docs/how-to/encryption.ja.md", "sh"): Run("tests/docs/test_encryption_page.py", 1),
    ("docs/how-to/encryption.md", "sh"): Run("tests/docs/test_encryption_page.py", 1),
    ("docs/how-to/personal-data.ja.md", "console"): Run("tests/docs/test_personal_data.py", 3),
    ("docs/how-to/personal-data.ja.md", "python"): Run("tests/docs/test_personal_data.py", 2),
    ("docs/how-to/personal-data.ja.md", "sh"): Run("tests/docs/test_personal_data.py", 3),
    ("docs/how-to/personal-data.md", "console"): Run("tests/docs/test_personal_data.py", 3),
    ("docs/how-to/personal-data.md", "python"): Run("tests/docs/test_personal_data.py", 2),
    ("docs/how-to/personal-data.md", "sh"): Run("tests/docs/test_personal_data.py", 3),
    ("docs/how-to/opt-outs.ja.md", "console"): Run("tests/docs/test_opt_outs.py", 1),
    ("docs/how-to/opt-outs.ja.md", "python"): Run("tests/docs/test_opt_outs.py", 2),
    ("docs/how-to/opt-outs.ja.md", "sh"): Run("tests/docs/test_opt_outs.py", 2),
    ("docs/how-to/opt-outs.md", "console"): Run("tests/docs/test_opt_outs.py", 1),
    ("docs/how-to/opt-outs.md", "python"): Run("tests/docs/test_opt_outs.py", 2),
    ("docs/how-to/opt-outs.md", "sh"): Run("tests/docs/test_opt_outs.py", 2),
    ("docs/how-to/outbox.ja.md", "python"): Run("tests/integration/client/test_outbox.py", 4),
    ("docs/how-to/outbox.md", "python"): Run("tests/integration/client/test_outbox.py", 4),
    ("docs/how-to/reservations.ja.md", "console"): Run("tests/docs/test_how_to.py", 1),
    ("docs/how-to/reservations.ja.md", "python"): Run("tests/docs/test_how_to.py", 1),
    ("docs/how-to/reservations.md", "console"): Run("tests/docs/test_how_to.py", 1),
    ("docs/how-to/reservations.md", "python"): Run("tests/docs/test_how_to.py", 1),
    ("docs/how-to/secure-redis.md", "console"): Run("tests/support/redis_users.py", 1),
    ("docs/how-to/secure-redis.ja.md", "console"): Run("tests/docs/test_twins.py", 1),  # the same as the English ones
    ("docs/how-to/senders.md", "python"): Run("tests/docs/test_how_to.py", 1),
    ("docs/how-to/senders.ja.md", "python"): Run("tests/docs/test_how_to.py", 1),
    ("docs/how-to/sentinel.md", "text"): Run("tests/acceptance/test_failover.py", 2),
    ("docs/how-to/sentinel.ja.md", "text"): Run("tests/docs/test_twins.py", 2),  # the same as the English ones
    ("docs/how-to/testing-your-app.md", "python"): Run("tests/docs/test_testing_page.py", 4),
    ("docs/how-to/testing-your-app.ja.md", "python"): Run("tests/docs/test_testing_page.py", 4),
    ("docs/how-to/webhooks.md", "python"): Run("tests/docs/test_webhooks_page.py", 1),
    ("docs/how-to/webhooks.md", "toml"): Run("tests/docs/test_webhooks_page.py", 1),
    ("docs/how-to/webhooks.ja.md", "python"): Run("tests/docs/test_webhooks_page.py", 1),
    ("docs/how-to/webhooks.ja.md", "toml"): Run("tests/docs/test_webhooks_page.py", 1),
    ("docs/tutorial.ja.md", "console"): Run("tests/docs/test_tutorial.py", 8),
    ("docs/tutorial.ja.md", "python"): Run("tests/docs/test_tutorial.py", 1),
    ("docs/tutorial.md", "console"): Run("tests/docs/test_tutorial.py", 8),
    ("docs/tutorial.md", "python"): Run("tests/docs/test_tutorial.py", 1),
    ("docs/how-to/tracing.ja.md", "python"): Run("tests/acceptance/test_tracing.py", 1),
    ("docs/how-to/tracing.ja.md", "sh"): Run("tests/acceptance/test_tracing.py", 1),
    ("docs/how-to/tracing.md", "python"): Run("tests/acceptance/test_tracing.py", 1),
    ("docs/how-to/tracing.md", "sh"): Run("tests/acceptance/test_tracing.py", 1),
    ("examples/django/README.md", "console"): Run("tests/acceptance/examples/readme.py", 1),
    ("examples/fastapi/README.md", "console"): Run("tests/acceptance/examples/readme.py", 1),
    ("examples/flask/README.md", "console"): Run("tests/acceptance/examples/readme.py", 1),
}

PICTURES = {
    ("docs/architecture.md", " web apps ──▶ zettai"): "who speaks to whom",
    ("docs/explanation/limiter.md", " now   "): "slots on a line of time",
    ("docs/explanation/limiter.ja.md", " now   "): "the same",
}
"""Blocks that are not code: the page, the beginning of the block, and what it shows."""

COMPOSE = set(re.findall(r"\$\{(\w+)", read("docker-compose.yml")))

BLOCKS = [
    pytest.param(name, fence, id=f"{name}-{number}")
    for name, text in ((str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in PAGES)
    for number, fence in enumerate(fences(text), 1)
]


def _needs_no_test(page: str, fence: Fence) -> bool:
    """Return whether no test has to run a block."""
    if fence.source is not None:
        return True  # the test below compares it
    if fence.language == "console":
        return all(map(_has_checked_commands_only, fence.text.splitlines()))
    return fence.language == "text" and (_is_settings(fence.text) or _is_picture(page, fence.text))


def _has_checked_commands_only(line: str) -> bool:
    """Return whether a line has only commands whose words are checked."""
    return line.startswith("$ ") and all(
        check_of(words) or is_unread(words) for words in simple_commands(line.removeprefix("$ "))
    )


def _is_settings(text: str) -> bool:
    return all(line.partition("=")[0] in VARIABLES | COMPOSE for line in text.splitlines())


def _is_picture(page: str, text: str) -> bool:
    return any(page == one and text.startswith(beginning) for one, beginning in PICTURES)


@pytest.mark.parametrize(("page", "fence"), BLOCKS)
def test_each_block_is_run_compared_or_parsed(page: str, fence: Fence) -> None:
    assert (page, fence.language) in RUN or _needs_no_test(page, fence), f"{page}: no test checks\n{fence.text}"


@pytest.mark.parametrize(("page", "language"), RUN)
def test_the_test_that_runs_blocks_reads_their_page(page: str, language: str) -> None:
    test, number = RUN[page, language]
    shown = [fence for fence in fences(read(page)) if fence.language == language and not _needs_no_test(page, fence)]

    assert len(shown) == number
    assert Path(page).name in read(test)


@pytest.mark.parametrize(
    ("page", "fence"), [param for param in BLOCKS if isinstance(param.values[1], Fence) and param.values[1].source]
)
def test_a_quoted_block_is_in_its_file(page: str, fence: Fence) -> None:
    assert fence.text in read(str(fence.source)), f"{fence.source} has no such lines:\n{fence.text}"


def test_the_lists_name_only_blocks_that_exist() -> None:
    found = [(str(page), fence) for page, fence in (param.values for param in BLOCKS) if isinstance(fence, Fence)]

    for page, beginning in PICTURES:
        assert any(one == page and fence.text.startswith(beginning) for one, fence in found)
    shown = "".join(fence.text for _, fence in found)
    assert all(" ".join(program) in shown for program in UNREAD)
