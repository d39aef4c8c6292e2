"""The pages accounts.md and accounts.ja.md: their file is read, and their code and commands are run."""

import shlex
from pathlib import Path

import pytest
from tests.docs.pages import ROOT, blocks, fences, read
from tests.integration.cli.helpers import settings, zettai

from zettai import SmsClient
from zettai.core.accounts import read_accounts
from zettai_worker.settings import WorkerSettings

EXAMPLE = ROOT / "examples/accounts/accounts.toml"

NEEDS_A_PROVIDER = {"reconcile", "doctor"}


@pytest.mark.parametrize("page", ["accounts.md", "accounts.ja.md"])
def test_the_page_shows_what_works(redis_url: str, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    for name, value in {**settings(redis_url), "ZETTAI_ACCOUNTS_FILE": str(EXAMPLE)}.items():
        monkeypatch.setenv(name, value)
    text = read(f"docs/how-to/{page}")
    [example] = blocks(text, "python")
    exec(compile(example, "example", "exec"), {})  # noqa: S102 - our own page

    for line in "".join(blocks(text, "console")).splitlines():
        words = shlex.split(line.removeprefix("$ "))
        if words[0] == "zettai" and words[1] not in NEEDS_A_PROVIDER:
            assert zettai(*words[1:]).exit_code == 0, line
    with SmsClient.from_env() as client:
        assert {one.client_tag: one.account for one in client.list()} == {
            "parcel-1": "shop",
            "parcel-2": "shop",
            "visit-1": "clinic",
        }


def test_both_pages_show_the_same_commands() -> None:
    english, japanese = (
        [
            "".join(fence.text.split("'")[::2])
            for fence in fences(read(f"docs/how-to/{name}"))
            if fence.language != "python"
        ]
        for name in ("accounts.md", "accounts.ja.md")
    )

    assert english == japanese


def test_the_example_file_has_valid_accounts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert set(read_accounts(EXAMPLE)) == {"shop", "clinic"}
    token = tmp_path / "token"
    token.write_text("f" * 32)
    file = tmp_path / "accounts.toml"
    file.write_text(EXAMPLE.read_text(encoding="utf-8").replace("/run/secrets/shop_token", str(token)))

    worker = WorkerSettings.load(token="0" * 32, client_id="1234", sms_code="12345", accounts_file=file)
    shop = worker.for_account("shop")

    assert (shop.client_id, shop.sms_code, shop.senders, shop.rate_limit) == ("5678", "55555", ("66666",), "300/second")
    assert shop.required_token().get_secret_value() == "f" * 32
    assert worker.for_account("clinic").rate_limit == "600/second"
