"""For any file, `send-csv` exits with a documented code and prints one line for each row or one error line."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st
from tests.integration.cli.helpers import zettai

pytestmark = pytest.mark.long

CELLS = st.sampled_from(
    [
        "09012345678",
        "hello",
        '"',
        '""',
        '"a\nb"',
        "\0",
        ",",
        "\r",
        "\n",
        "x" * 200_000,
        "本文",
        "",
        " ",
        "urgent",
        "1e9",
    ]
) | st.text(max_size=20)

FILES = st.binary(max_size=300) | st.lists(st.lists(CELLS, max_size=4).map(",".join), max_size=6).map(
    lambda rows: "\n".join(["to,body,client_tag", *rows]).encode("utf-8", "surrogatepass")
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("csv") / "campaign.csv"


@rules(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    content=FILES,
    encoding=st.sampled_from(["utf-8", "cp932", "utf-16", "ascii", "euc_jp", "rot13", "zip", "\0", None]),
    words=st.lists(
        st.sampled_from(["--body={{body}}", "--body={{", "--map=x=to", "--map=body=group", "--sheet=x", "--only-row=3"])
    ),
)
def test_send_csv_handles_any_file(path: Path, content: bytes, encoding: str | None, words: list[str]) -> None:
    path.write_bytes(content)
    words += [] if encoding is None else [f"--encoding={encoding}"]

    result = zettai("send-csv", path, "--dry-run", "--json", *words)

    assert result.exit_code in {0, 1, 2}
    assert len(result.stderr.splitlines()) == (0 if not result.stderr else 1)
    outcomes = [json.loads(line) for line in result.stdout.splitlines()]
    for outcome in outcomes:
        assert "total" in outcome or "file" in outcome or outcome["ok"] is ("error" not in outcome)
    assert [outcome for outcome in outcomes if "total" in outcome] == (outcomes[-1:] if not result.stderr else [])
