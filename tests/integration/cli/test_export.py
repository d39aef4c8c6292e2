"""`zettai export`, and the filters that it shares with `zettai list`."""

import csv
import io
import json
import os
import subprocess
from pathlib import Path

import pytest
from tests.integration.cli.helpers import COMMAND, PHONE, document, zettai
from tests.support.store_helpers import claim_one, new_message, update_one, wait_a_millisecond

from zettai import SmsClient, State
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.core.store.scripts import BATCH
from zettai_cli.messages.selection import Selection, select


@pytest.fixture
def store(redis_settings: str) -> WorkerStore:
    """Return the store of a worker."""
    return WorkerStore(connect(redis_settings), Keys("zettai"))


def rows(text: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file by their header."""
    return list(csv.DictReader(io.StringIO(text)))


def tags(text: str) -> list[str]:
    """Return the tags in a CSV file."""
    return [row["client_tag"] for row in rows(text)]


def test_group_is_exported_with_masked_numbers(client: SmsClient, tmp_path: Path) -> None:
    for number in range(3):
        client.send(PHONE, "secret text", client_tag=f"t{number}", group="g", carrier="au")
        wait_a_millisecond(WorkerStore(connect(os.environ["ZETTAI_REDIS_URL"]), Keys("zettai")))
    client.send(PHONE, "secret text", client_tag="other")
    file = tmp_path / "out.csv"

    result = zettai("export", file, "--group=g", "--json")

    assert document(result) == {"file": str(file), "messages": 3}
    text = file.read_text(encoding="utf-8")
    assert tags(text) == ["t0", "t1", "t2"]
    assert {(row["to"], row["carrier"], row["state"]) for row in rows(text)} == {("+81********78", "au", "queued")}
    assert "secret text" not in text
    assert file.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [file]


def test_full_numbers_are_exported_on_request_only(client: SmsClient) -> None:
    client.send(PHONE, "x", client_tag="t1", sender="12345", metadata={"顧客": "山田"})

    [row] = rows(zettai("export", "-", "--with-numbers").stdout)
    assert (row["to"], row["sender"], json.loads(row["metadata"])) == ("+819012345678", "12345", {"顧客": "山田"})
    assert rows(zettai("export", "-").stdout)[0]["metadata"] == ""
    assert zettai("export", "-", "--for-excel").stdout.startswith("\ufeffclient_tag,")


def test_tag_that_looks_like_a_formula_is_quoted(client: SmsClient) -> None:
    client.send(PHONE, "x", client_tag="=HYPERLINK(1)", group="@g")

    [row] = rows(zettai("export", "-").stdout)

    assert (row["client_tag"], row["group"]) == ("'=HYPERLINK(1)", "'@g")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ([], {"urgent", "bulk", "ended", "late"}),
        (["--state=queued"], {"urgent", "bulk"}),
        (["--state=queued", "--state=rejected"], {"urgent", "bulk", "ended"}),
        (["--lane=urgent"], {"urgent"}),
        (["--carrier=docomo"], {"bulk"}),
        (["--overdue"], {"late"}),
        (["--group=g", "--lane=bulk"], {"bulk"}),
        (["--group=g", "--state=rejected"], {"ended"}),
        (["--until=2001-01-01T00:00Z"], set()),
        (["--since=2001-01-01T00:00Z", "--until=2099-01-01T00:00Z"], {"urgent", "bulk", "ended", "late"}),
        (["--since=2099-01-01T00:00Z"], set()),
        (["--group=g", "--since=2099-01-01T00:00Z"], set()),
    ],
)
def test_list_and_export_select_the_same_messages(
    client: SmsClient, store: WorkerStore, filters: list[str], found: set[str]
) -> None:
    client.send(PHONE, "x", client_tag="urgent", lane="urgent", group="other")
    client.send(PHONE, "x", client_tag="bulk", lane="bulk", group="g", carrier="docomo")
    for tag in ("ended", "late"):
        store.create([new_message(client_tag=tag, group="g" if tag == "ended" else None)])
        claim_one(store, tag)
    update_one(store, "ended", State.REJECTED)
    update_one(store, "late", State.ACCEPTED, fields={"overdue": 1})

    listed = zettai("list", *filters, "--json").stdout

    assert {json.loads(line)["client_tag"] for line in listed.splitlines()} == found
    assert set(tags(zettai("export", "-", *filters).stdout)) == found


def test_existing_file_is_overwritten_with_force_only(client: SmsClient, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    file.write_text("mine")

    refused = zettai("export", file)
    assert (refused.exit_code, file.read_text()) == (1, "mine")
    assert "--force" in refused.stderr
    assert zettai("export", file, "--group= ", "--force").exit_code == 2
    assert (file.read_text(), list(tmp_path.iterdir())) == ("mine", [file])
    assert zettai("export", file, "--force").exit_code == 0
    assert file.read_text().startswith("client_tag,")
    assert zettai("export", tmp_path, "--force").exit_code == 1


def test_unreachable_redis_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", "redis://127.0.0.1:1")

    result = zettai("export", tmp_path / "out.csv")

    assert result.exit_code == 4
    assert len(result.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_closed_pipe_is_not_an_error(client: SmsClient) -> None:
    list(client.send_many({"to": PHONE, "body": "x", "client_tag": f"{number:0200}"} for number in range(1500)))
    with subprocess.Popen(
        [COMMAND, "export", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("client_tag,")
        process.stdout.close()
        process.wait(60)
        assert process.stderr.read() == ""


def test_export_reads_messages_while_it_writes(client: SmsClient, store: WorkerStore) -> None:
    list(client.send_many({"to": PHONE, "body": "x", "group": "g"} for _ in range(3 * BATCH)))
    before = _records_read(store)

    assert next(select({None: store}, Selection(group="g"))).group == "g"

    assert _records_read(store) - before == BATCH


def _records_read(store: WorkerStore) -> int:
    return int(store.redis.info("commandstats").get("cmdstat_hgetall", {"calls": 0})["calls"])
