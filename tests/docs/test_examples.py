"""The examples of the pages run as they stand."""

import pytest
from tests.docs.pages import blocks, read


def _run(block: str) -> None:
    exec(compile(block, "example", "exec"), {})  # noqa: S102 - our own page


def test_the_readmes_example_runs(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Redis is the only setting, and the output is as the comments say."""
    monkeypatch.setenv("ZETTAI_REDIS_URL", redis_url)
    [block] = blocks(read("README.md"), "python")

    _run(block)

    *tags, group, outcome, message = capsys.readouterr().out.splitlines()
    assert len(set(tags)) == 3
    assert group == "GroupCancel(canceled=3, pending=0, too_late=0)"
    assert outcome == "canceled"
    assert message.startswith("Message(client_tag='login-4711'")


def test_the_example_for_durable_messages_runs(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", redis_url)
    [block] = blocks(read("docs/how-to/durable.md"), "python")

    _run(block)


@pytest.mark.parametrize("page", ["docs/how-to/form-errors.md", "docs/how-to/form-errors.ja.md"])
def test_the_example_for_form_errors_runs(page: str) -> None:
    [block] = [one for one in blocks(read(page), "python") if "FakeSmsClient()" in one]

    _run(block)
