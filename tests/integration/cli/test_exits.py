"""Exit codes and errors of the real command in a new process."""

import subprocess
import sys

import pytest
from tests.integration.cli.helpers import run

from zettai_cli.shared.exits import SUMMARY, ExitCode

NO_REDIS = {"ZETTAI_REDIS_URL": "redis://:geheim@127.0.0.1:1"}


@pytest.mark.parametrize(
    ("words", "environment", "code", "error"),
    [
        (("worker", "--plan"), {}, 0, ""),
        (("send", "09012345678"), {}, 2, "Missing argument 'BODY'"),
        (("fly",), {}, 2, "No such command 'fly'"),
        (("list", "--state", "delivred"), {}, 2, "Invalid value for '--state': 'delivred' is not one of 'queued'"),
        (("list", "--limit", "0"), {}, 2, "Invalid value for '--limit': must be 1 or more"),
        (("list",), {"ZETTAI_REDIS_URL": "http://geheim"}, 3, "ZETTAI_REDIS_URL"),
        (("list",), NO_REDIS, 4, "Redis cannot be used: the connection was refused"),
        (("status", "t1"), NO_REDIS, 4, "the store in Redis did not answer (the connection was refused)"),
    ],
)
def test_errors_are_one_line_on_stderr(
    words: tuple[str, ...], environment: dict[str, str], code: int, error: str
) -> None:
    ended = run(*words, **environment)
    assert ended.returncode == code
    assert error in ended.stderr
    assert bool(ended.stdout) is not bool(error)
    assert len(ended.stderr.splitlines()) == bool(error)
    assert "geheim" not in ended.stdout + ended.stderr


def test_help_documents_the_exit_codes() -> None:
    out = run("--help", COLUMNS="500").stdout
    assert SUMMARY in out
    assert all(str(int(code)) in SUMMARY for code in ExitCode)


def test_command_without_arguments_shows_help() -> None:
    ended = run()
    assert (ended.returncode, ended.stderr) == (2, "")
    assert "cancel-group" in ended.stdout


def test_missing_extra_is_named_in_one_line() -> None:
    program = "import sys; sys.modules['typer'] = None; from zettai_cli import main; main()"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr.endswith("pip install 'zettai-sms[worker]'\n")
    assert len(result.stderr.splitlines()) == 1


def test_simulate_passes_its_arguments_on() -> None:
    ended = run("simulate", "--host", "192.0.2.1")  # no address of this machine

    assert "Cannot assign requested address" in ended.stderr


def test_simulate_has_help_and_errors_as_other_commands() -> None:
    assert run("simulate", "--help").stdout.startswith("usage: zettai simulate ")
    ended = run("simulate", "--nosuch")
    assert (ended.returncode, ended.stderr) == (2, "zettai: unrecognized arguments: --nosuch\n")


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ("nonsense", "kind cannot be 'nonsense'; choose one of cut_after, "),
        ("html:rate=x", "rate cannot be 'x'\n"),
        ("html:rate=2", "rate must be from 0 to 1, got 2.0\n"),
        ("html:speed=2", "speed is not one of kind, rate, "),
    ],
)
def test_simulate_says_what_is_wrong_with_a_fault(fault: str, problem: str) -> None:
    ended = run("simulate", "--fault", fault)

    assert ended.returncode == 2
    assert ended.stderr.startswith(f"zettai: argument --fault: {problem}")
