"""`zettai send-csv` run again: after its end, after a change of the file, and after an interruption."""

import csv
import json
import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from tests.integration.cli.helpers import COMMAND, document, eventually, zettai
from typer.testing import Result

from zettai import SmsClient
from zettai.core.store import WorkerStore

HEADER = ["電話番号", "名前"]

ROWS = [["09012345678", "山田"], ["0312345678", "鈴木"], ["09012345679", "佐藤"]]

TEXT = "--body={{名前}} 様"

MANY = 20_000


def write(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "campaign.csv", ROWS)


@pytest.fixture
def long_path(tmp_path: Path) -> Path:
    return write(tmp_path / "long.csv", [[f"0901{number:07}", f"name {number}"] for number in range(MANY)])


def counts(result: Result) -> dict[str, int]:
    """Return the totals that the command printed as JSON. A run that stops early says why on stderr."""
    last = json.loads(result.stdout.splitlines()[-1])
    assert "total" in last, result.stderr
    return dict(last["total"])


def results(path: Path) -> list[list[str]]:
    """Return the rows of a result file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_same_file_is_refused_without_yes_and_sent_once_with_it(client: SmsClient, path: Path) -> None:
    first = zettai("send-csv", path, TEXT, "--json")
    refused = zettai("send-csv", path, TEXT, "--json")
    again = zettai("send-csv", path, TEXT, "--json", "--yes")

    assert counts(first) == {"recorded": 2, "repeated": 0, "suppressed": 0, "refused": 1}
    assert document(zettai("top", "--once", "--json"))["file_rows"] == {
        "recorded": 2,
        "repeated": 2,
        "suppressed": 0,
        "refused": 2,
    }
    assert "2 recorded, 2 repeated, 0 suppressed, 2 refused" in zettai("top", "--once").stdout
    assert (refused.exit_code, "was sent before, at" in refused.stderr, "--yes" in refused.stderr) == (1, True, True)
    assert counts(again) == {"recorded": 0, "repeated": 2, "suppressed": 0, "refused": 1}
    assert len(list(client.list())) == 2


@pytest.mark.parametrize(("answer", "code", "printed"), [("y\n", 1, "2 recorded before"), ("n\n", 1, ""), ("", 1, "")])
def test_same_file_is_sent_again_only_after_a_yes(
    path: Path, client: SmsClient, answer: str, code: int, printed: str
) -> None:
    zettai("send-csv", path, TEXT)

    result = zettai("send-csv", path, TEXT, input=answer)

    assert result.exit_code == code
    assert printed in result.stdout
    assert ("not confirmed; nothing was done" in result.stderr) is (not printed)


def test_limits_of_a_group_stay_if_the_run_is_not_confirmed(client: SmsClient, path: Path) -> None:
    assert counts(zettai("send-csv", path, TEXT, "--group=summer", "--json"))["recorded"] == 2

    refused = zettai("send-csv", path, TEXT, "--group=summer", "--rate=1/hour", input="n\n")

    assert "not confirmed; nothing was done" in refused.stderr
    assert client.campaigns.show("summer").pace is None


def test_renamed_file_is_recognized(client: SmsClient, path: Path) -> None:
    zettai("send-csv", path, TEXT)

    result = zettai("send-csv", path.rename(path.with_name("copy.csv")), TEXT, "--json")

    assert "copy.csv was sent before" in result.stderr


def test_file_saved_in_another_format_is_refused(client: SmsClient, path: Path) -> None:
    zettai("send-csv", path, TEXT)
    tabs = path.with_suffix(".tsv")
    tabs.write_text(path.read_text(encoding="utf-8").replace(",", "\t"), encoding="cp932")

    refused = zettai("send-csv", tabs, TEXT, "--yes")

    assert re.search("campaign.tsv was sent at .* and has changed since", refused.stderr)
    assert len(list(client.list())) == 2


def test_changed_file_is_refused_even_with_yes(client: SmsClient, path: Path) -> None:
    zettai("send-csv", path, TEXT)
    write(path, [ROWS[0], ["09012345670", "鈴木"], ROWS[2]])

    refused = zettai("send-csv", path, TEXT, "--yes")

    assert refused.exit_code == 1
    assert "has changed since" in refused.stderr
    [prefix] = re.findall(r"--tag-prefix (csv-\w+)", refused.stderr)
    corrected = zettai("send-csv", path, TEXT, "--json", f"--tag-prefix={prefix}")
    assert counts(corrected) == {"recorded": 1, "repeated": 2, "suppressed": 0, "refused": 0}
    assert len(list(client.list())) == 3


def test_other_text_for_the_same_file_needs_a_tag_prefix(client: SmsClient, path: Path) -> None:
    zettai("send-csv", path, TEXT)

    assert "has changed since, or its text has" in zettai("send-csv", path, "--body=other").stderr
    result = zettai("send-csv", path, "--body=other", "--tag-prefix=second", "--json")
    assert counts(result)["recorded"] == 2


def test_test_of_one_row_does_not_hinder_the_campaign(client: SmsClient, path: Path) -> None:
    test = zettai("send-csv", path, TEXT, "--only-row=4", "--json")
    whole = zettai("send-csv", path, TEXT, "--json")

    assert counts(test) == {"recorded": 1, "repeated": 0, "suppressed": 0, "refused": 0}
    assert counts(whole) == {"recorded": 1, "repeated": 1, "suppressed": 0, "refused": 1}


def test_only_row_that_does_not_exist_is_an_error(client: SmsClient, path: Path) -> None:
    result = zettai("send-csv", path, TEXT, "--only-row=9")

    assert (result.exit_code, "has no row 9" in result.stderr) == (2, True)


def test_result_file_has_each_row_and_no_number_or_text(client: SmsClient, path: Path, tmp_path: Path) -> None:
    written = tmp_path / "out.csv"

    zettai("send-csv", path, TEXT, "--tag-prefix=p", f"--result={written}")

    reason = "電話番号: must be a Japanese mobile number such as 09012345678 or +819012345678, got 0*******78"
    assert results(written) == [
        ["row", "client_tag", "outcome", "reason"],
        ["2", "p-2", "recorded", "queued"],
        ["3", "p-3", "refused", reason],
        ["4", "p-4", "recorded", "queued"],
    ]
    assert written.stat().st_mode & 0o777 == 0o600
    zettai("send-csv", path, TEXT, "--tag-prefix=p", f"--result={written}")
    assert [row[2] for row in results(written)[1:]] == ["repeated", "refused", "repeated"]


def test_result_file_overwrites_no_other_file(client: SmsClient, path: Path) -> None:
    before = path.read_bytes()

    result = zettai("send-csv", path, TEXT, "--tag-prefix=p", f"--result={path}")

    assert (result.exit_code, "is not a result file" in result.stderr) == (1, True)
    assert path.read_bytes() == before
    assert list(client.list()) == []


def test_run_that_cannot_begin_is_not_remembered(client: SmsClient, path: Path, tmp_path: Path) -> None:
    failed = zettai("send-csv", path, TEXT, f"--result={tmp_path}/missing/out.csv")

    assert (failed.exit_code, "cannot write" in failed.stderr) == (1, True)
    assert counts(zettai("send-csv", path, TEXT, "--json"))["recorded"] == 2


def test_run_is_forgotten_after_30_days_and_its_key_has_no_number(store: WorkerStore, path: Path) -> None:
    zettai("send-csv", path, TEXT)

    keys = list(store.redis.scan_iter(store.keys.csv_run("*")))
    assert len(keys) == 2
    assert all(0 < store.redis.ttl(key) <= 30 * 24 * 3600 for key in keys)
    assert not any("9012345678" in key for key in keys)


def test_killed_run_is_completed_by_the_next_one(store: WorkerStore, long_path: Path) -> None:
    process = subprocess.Popen([COMMAND, "send-csv", long_path, TEXT, "--group=g"], stdout=subprocess.DEVNULL)
    eventually(lambda: recorded(store) >= 1_000, "1,000 messages are recorded")
    process.kill()
    process.wait()

    result = zettai("send-csv", long_path, TEXT, "--group=g", "--json", "--yes")

    _check_completed(counts(result), before=1_000)
    assert recorded(store) == MANY


def test_interrupted_run_says_what_is_recorded_and_is_completed(store: WorkerStore, long_path: Path) -> None:
    process = subprocess.Popen(
        [COMMAND, "send-csv", long_path, TEXT, "--group=g"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    eventually(lambda: recorded(store) >= 1_000, "1,000 messages are recorded")
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)

    assert process.returncode == 130
    [(said, prefix)] = re.findall(
        r"at least ([\d,]+) messages .* interrupted; .* --tag-prefix (csv-\w+): no row", stderr
    )
    result = zettai("send-csv", long_path, TEXT, "--group=g", f"--tag-prefix={prefix}", "--json")
    _check_completed(counts(result), before=int(said.replace(",", "")))


def _check_completed(totals: Mapping[str, int], before: int) -> None:
    """Check that a run completed one that had recorded so many messages at least.

    What a killed process has sent last, Redis may run after the process has ended.
    """
    repeated = totals["repeated"]
    assert 0 < before <= repeated < MANY
    assert totals == {"recorded": MANY - repeated, "repeated": repeated, "suppressed": 0, "refused": 0}


def all_shown(screen: int) -> bytes:
    """Return what a terminal shows until its process ends. Unread, it becomes full, and the process waits."""
    shown = b""
    with suppress(OSError):  # so Linux tells the end
        while part := os.read(screen, 65536):
            shown += part
    return shown


def test_progress_is_on_the_terminal_and_the_result_is_not(client: SmsClient, long_path: Path) -> None:
    screen, terminal = os.openpty()
    process = subprocess.Popen(
        [COMMAND, "send-csv", long_path, TEXT, "--dry-run"],
        env=os.environ | {"TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
    )
    os.close(terminal)
    with ThreadPoolExecutor(1) as reader:
        reading = reader.submit(all_shown, screen)
        stdout, _ = process.communicate(timeout=60)
        shown = reading.result()
    os.close(screen)
    assert b"long.csv" in shown
    assert b" rows" in shown
    assert stdout.splitlines()[-2] == f"{MANY:,} good rows, 0 bad rows; nothing was sent"
    assert "\x1b" not in stdout


def recorded(store: WorkerStore) -> int:
    """Return how many messages of the campaign are recorded."""
    return int(store.redis.zcard(store.keys.group("g")))
