"""Settings from the environment."""

from datetime import timedelta
from pathlib import Path

import pytest

from zettai import Settings, SettingsError
from zettai_worker.settings import WorkerSettings

COMPLETE = {"ZETTAI_TOKEN": "f" * 32, "ZETTAI_CLIENT_ID": "1234", "ZETTAI_SMS_CODE": "12345"}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A complete environment, to be spoilt."""
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKEN", "short"),
        ("CLIENT_ID", "abc"),
        ("SMS_CODE", "1234"),
        ("SENDERS", "77777,seven"),
        ("API_URL", "http://sms-api.aossms.com"),
        ("API_URL", "ftp://127.0.0.1"),
        ("REDIS_URL", "memcached://127.0.0.1"),
        ("RATE_LIMIT", "fast"),
        ("STATUS_CHECK_AFTER", "soon"),
        ("KDDI_WAIT", "-1"),
        ("LEASE", "1"),
        ("KEY_PREFIX", "a b"),
        ("LOG_FORMAT", "xml"),
        ("TOKEN_FILE", "/nonexistent"),
    ],
)
def test_wrong_setting_is_named_in_one_line(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    if name == "TOKEN_FILE":
        environment.delenv("ZETTAI_TOKEN")
    environment.setenv(f"ZETTAI_{name}", value)

    with pytest.raises(SettingsError) as error:
        WorkerSettings.load()

    assert f"ZETTAI_{name}" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("DURABLE_REPLICAS", "x", "must be a whole number"),
        ("DURABLE_REPLICAS", "-1", "must be 0 or more"),
        ("DURABLE", "maybe", "must be yes or no"),
        ("RESERVE_WITHIN", "soon", "must be a number of seconds, or ISO 8601 such as PT5M"),
        ("CLIENT_ID", "x", "must have the form ^[0-9]+$"),
        ("LOG_FORMAT", "xml", "must be 'console' or 'json'"),
    ],
)
def test_problem_is_in_our_words(environment: pytest.MonkeyPatch, name: str, value: str, problem: str) -> None:
    environment.setenv(f"ZETTAI_{name}", value)

    with pytest.raises(SettingsError) as refused:
        WorkerSettings.load()
    assert refused.value.problems == (f"ZETTAI_{name}: {problem}",)


def test_all_missing_settings_are_named() -> None:
    with pytest.raises(SettingsError) as error:
        WorkerSettings.load()

    assert "ZETTAI_CLIENT_ID" in str(error.value)
    assert "ZETTAI_SMS_CODE" in str(error.value)


def test_token_is_needed_only_for_calls_to_the_provider(environment: pytest.MonkeyPatch) -> None:
    """Beat and Flower run without it."""
    environment.delenv("ZETTAI_TOKEN")
    settings = WorkerSettings.load()
    with pytest.raises(SettingsError, match="ZETTAI_TOKEN"):
        settings.required_token()


@pytest.mark.parametrize(("text", "seconds"), [("30", 30), ("0.5", 0.5), ("PT5M", 300)])
def test_durations_are_seconds_or_iso_8601(environment: pytest.MonkeyPatch, text: str, seconds: float) -> None:
    environment.setenv("ZETTAI_KDDI_WAIT", text)
    assert WorkerSettings.load().kddi_wait == timedelta(seconds=seconds)


def test_token_is_read_from_a_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.delenv("ZETTAI_TOKEN")
    (tmp_path / "token").write_text("e" * 32 + "\n")
    environment.setenv("ZETTAI_TOKEN_FILE", str(tmp_path / "token"))

    assert WorkerSettings.load().required_token().get_secret_value() == "e" * 32


def test_file_is_not_read_if_the_setting_is_given(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ZETTAI_TOKEN_FILE", "/nonexistent")

    assert WorkerSettings.load().required_token().get_secret_value() == "f" * 32


def test_repr_has_no_secrets(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ZETTAI_REDIS_URL", "redis://:s3cret@127.0.0.1/0")
    shown = repr(WorkerSettings.load())

    assert "f" * 32 not in shown
    assert "s3cret" not in shown


def test_error_does_not_contain_the_secret(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ZETTAI_TOKEN", "s3cret")
    with pytest.raises(SettingsError) as error:
        WorkerSettings.load()
    assert "s3cret" not in f"{error.value!r}{error.value.__context__!r}"


def test_producer_needs_no_secret() -> None:
    assert Settings.load().expires_in == timedelta(hours=24)


def test_senders_are_separated_by_commas(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ZETTAI_SENDERS", "77777, 888888,")

    assert Settings.load().senders == WorkerSettings.load().senders == ("77777", "888888")


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings.load().key_prefix = "other"  # type: ignore[misc]
