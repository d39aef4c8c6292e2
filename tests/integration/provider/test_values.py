"""The small pure parts: codes, times, masking, fields, errors as values, and the names that the package exports."""

import pickle
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

import zettai_worker.provider
from zettai.core.aossms.codes import meaning_of
from zettai.core.aossms.parsing import timestamp
from zettai.core.aossms.statuses import MILLISECOND
from zettai_worker.provider import (
    Ambiguous,
    CarrierId,
    FailureCause,
    Misconfigured,
    NotSent,
    ProviderError,
    Refused,
    ResponseCode,
    SendRequest,
    StatusId,
    Throttled,
    explain_failure,
)
from zettai_worker.provider.masking import MAX_LENGTH, mask
from zettai_worker.provider.secret_fields import SecretFields
from zettai_worker.provider.times import read_minute, write_day, write_minute


class TestCodes:
    """The provider's tables."""

    @pytest.mark.parametrize("code", ResponseCode)
    def test_each_code_has_a_meaning(self, code: ResponseCode) -> None:
        """No hole in the table."""
        assert meaning_of(code) == code.meaning

    def test_an_unknown_code_has_one_too(self) -> None:
        """It says that it is unknown."""
        assert "does not know" in meaning_of(777)

    @pytest.mark.parametrize(
        ("detail", "carrier", "cause"),
        [
            ("11721", CarrierId.KDDI, FailureCause.CONGESTION),
            ("14821", CarrierId.KDDI, FailureCause.CONGESTION),
            ("31732", CarrierId.DOCOMO, FailureCause.NO_SUCH_NUMBER),
            ("32823", CarrierId.DOCOMO, FailureCause.OUT_OF_REACH),
            ("51824", CarrierId.SOFTBANK, FailureCause.OUT_OF_REACH),
            ("52833", CarrierId.SOFTBANK, FailureCause.OUT_OF_REACH),
            ("61834", CarrierId.RAKUTEN, FailureCause.REFUSED_BY_HANDSET),
            ("62999", CarrierId.RAKUTEN, FailureCause.UNKNOWN),
            ("99732", None, FailureCause.NO_SUCH_NUMBER),
            ("00000", None, FailureCause.UNKNOWN),
            ("", None, FailureCause.UNKNOWN),
            (None, None, FailureCause.UNKNOWN),
        ],
    )
    def test_a_failure_is_explained(self, detail: str | None, carrier: CarrierId | None, cause: FailureCause) -> None:
        """Carrier and cause, each unknown on its own."""
        assert explain_failure(detail) == (carrier, cause)

    @given(detail=st.none() | st.text())
    def test_nothing_that_the_provider_invents_is_an_error(self, detail: str | None) -> None:
        """More may come at any time."""
        assert explain_failure(detail).cause in FailureCause

    def test_only_delivered_and_failed_are_final(self) -> None:
        """The others mean to ask again."""
        assert [status for status in StatusId if status.is_final] == [StatusId.DELIVERED, StatusId.FAILED]


class TestTimes:
    """The provider's ways to write a time."""

    def test_a_minute_is_written_in_japan_time(self) -> None:
        """From any zone."""
        pacific = timezone(timedelta(hours=-8))
        assert write_minute(datetime(2030, 1, 1, 7, 30, tzinfo=pacific)) == "2030-01-02 00:30"

    def test_a_minute_is_never_early(self) -> None:
        """The provider knows no seconds."""
        assert write_minute(datetime(2030, 1, 1, 0, 0, 1, tzinfo=UTC)) == "2030-01-01 09:01"

    @given(moment=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
    def test_a_full_minute_survives(self, moment: datetime) -> None:
        """Written and read again."""
        full = moment.replace(second=0, microsecond=0)
        assert read_minute(write_minute(full)) == full

    def test_a_naive_time_is_refused(self) -> None:
        """Nobody can tell which moment it is."""
        with pytest.raises(ValueError, match="aware"):
            write_minute(datetime(2030, 1, 1))  # noqa: DTZ001 - the mistake under test

    def test_a_day(self) -> None:
        """Without separators."""
        assert write_day(date(2030, 1, 2)) == "20300102"

    def test_a_datetime_is_no_day(self) -> None:
        """It falls on different days in different places."""
        with pytest.raises(ValueError, match="date"):
            write_day(datetime(2030, 1, 2, tzinfo=UTC))

    @given(value=st.none() | st.text() | st.integers())
    def test_anything_can_be_tried_to_be_read(self, value: object) -> None:
        """None, or aware."""
        for moment in (read_minute(value), timestamp(value, MILLISECOND)):
            assert moment is None or moment.utcoffset() == timedelta(hours=9)


class TestRedaction:
    """The provider's words, made safe to show."""

    @pytest.mark.parametrize(
        ("words", "shown"),
        [
            ("Invalid phoneNumber.", "Invalid phoneNumber."),
            ("Invalid +819012345678.", "Invalid ***."),
            ("Invalid 090-1234-5678.", "Invalid ***."),
            ("Invalid ０９０１２３４５６７８.", "Invalid ***."),
            ("Code 110 at 12345678.", "Code 110 at 12345678."),
            ("Token 0123456789abcdef0123456789abcdef is unknown.", "Token *** is unknown."),
            ("The password is hunter2.", "The password is ***."),
            ("an a an a", "an a an a"),
            ("two\r\nlines\u2028three", "two lines three"),
            ("", ""),
        ],
    )
    def test_what_is_shown(self, words: str, shown: str) -> None:
        """Numbers, tokens and known secrets are masked; single letters are no secrets."""
        assert mask(words, ["hunter2", "a", ""]) == shown

    @given(words=st.text())
    def test_it_is_short(self, words: str) -> None:
        """And on one line."""
        shown = mask(words * 50)
        assert len(shown) <= MAX_LENGTH
        assert len(shown.splitlines()) <= 1


class TestFields:
    """What goes over the wire, by name."""

    def test_nothing_is_said_of_values(self) -> None:
        """Nor does what is None exist."""
        fields = SecretFields({"token": "secret", "groupTag": None}) | SecretFields({"message": "secret"})
        assert repr(fields) == "SecretFields(token, message)"
        assert repr(fields.encoded()) == "SecretStr('**********')"
        assert dict(fields) == {"token": "secret", "message": "secret"}

    def test_a_message_shows_only_what_is_no_secret(self) -> None:
        """Tag and time are enough to find it."""
        request = SendRequest(phone_number="09012345678", message="hello", client_tag="tag-1")
        assert repr(request) == "SendRequest(client_tag='tag-1', schedule_time=None, group_tag=None, carrier_id=None)"


ERRORS = [
    NotSent("mt.json", "the connection was refused"),
    Throttled("mt.json", "HTTP 429", retry_after=timedelta(seconds=7)),
    Misconfigured("mt.json", "HTTP 403", http_status=403),
    Ambiguous("mt.json", "HTTP 503", http_status=503, throttle=True),
    Refused("mt.json", 300, "Exceed sending count."),
]


class TestErrors:
    """The errors as values."""

    @pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.outcome)
    def test_an_error_survives_pickling(self, error: ProviderError) -> None:
        """As between the processes of a worker."""
        copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
        assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))

    def test_only_an_ambiguous_one_may_have_been_sent(self) -> None:
        """The question that decides about a retry."""
        assert [error.outcome for error in ERRORS if error.sent] == ["ambiguous"]

    def test_a_refusal_says_why(self) -> None:
        """In our words and in the provider's."""
        assert str(ERRORS[-1]) == ("mt.json: refused with code 300, the plan's quota is used up: Exceed sending count.")


def test_the_exported_names() -> None:
    """All of them exist, in order, once."""
    names = zettai_worker.provider.__all__
    assert names == sorted(set(names))
    assert [name for name in names if not hasattr(zettai_worker.provider, name)] == []
