"""The examples of the pages run as they stand."""

import pytest
from tests.docs.pages import blocks, read


def _run(block: str) -> None:
    exec(compile(block, "example", "exec"), {})  # noqa: S102 - our own page


@pytest.mark.parametrize("page", ["README.md", "README.ja.md"])
def test_the_readmes_example_runs(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], page: str
) -> None:
    """Redis is the only setting, and the output is as the comments say."""
    monkeypatch.setenv("ZETTAI_REDIS_URL", redis_url)
    [block] = blocks(read(page), "python")

    _run(block)

    *tags, group, outcome, message = capsys.readouterr().out.splitlines()
    assert len(set(tags)) == 3
    assert group == "GroupCancel(canceled=3, pending=0, too_late=0)"
    assert outcome == "canceled"
    assert message.startswith("Message(client_tag='login-4711'")


@pytest.mark.parametrize("page", ["docs/how-to/durable.md", "docs/how-to/durable.ja.md"])
def test_the_example_for_durable_messages_runs(redis_url: str, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", redis_url)
    [block] = blocks(read(page), "python")

    _run(block)


@pytest.mark.parametrize("page", ["docs/how-to/form-errors.md", "docs/how-to/form-errors.ja.md"])
def test_the_example_for_form_errors_runs(page: str) -> None:
    [block] = [one for one in blocks(read(page), "python") if "FakeSmsClient()" in one]

    _run(block)
