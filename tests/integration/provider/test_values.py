"""Codes, times, masking, fields, errors, and the names that the package exports."""

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
    @pytest.mark.parametrize("code", ResponseCode)
    def test_each_code_has_a_meaning(self, code: ResponseCode) -> None:
        assert meaning_of(code) == code.meaning

    def test_unknown_code_has_a_meaning_too(self) -> None:
        assert "specification" in meaning_of(777)

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
    def test_failure_detail_has_a_carrier_and_a_cause(
        self, detail: str | None, carrier: CarrierId | None, cause: FailureCause
    ) -> None:
        assert explain_failure(detail) == (carrier, cause)

    @given(detail=st.none() | st.text())
    def test_unknown_failure_detail_is_no_error(self, detail: str | None) -> None:
        assert explain_failure(detail).cause in FailureCause

    def test_only_delivered_and_failed_are_final(self) -> None:
        assert [status for status in StatusId if status.is_final] == [StatusId.DELIVERED, StatusId.FAILED]


class TestTimes:
    def test_minute_is_written_in_japan_time(self) -> None:
        pacific = timezone(timedelta(hours=-8))
        assert write_minute(datetime(2030, 1, 1, 7, 30, tzinfo=pacific)) == "2030-01-02 00:30"

    def test_minute_is_rounded_up(self) -> None:
        assert write_minute(datetime(2030, 1, 1, 0, 0, 1, tzinfo=UTC)) == "2030-01-01 09:01"

    @given(moment=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
    def test_full_minute_is_read_as_it_was_written(self, moment: datetime) -> None:
        full = moment.replace(second=0, microsecond=0)
        assert read_minute(write_minute(full)) == full

    def test_naive_time_is_rejected(self) -> None:
        with pytest.raises(ValueError, match="aware"):
            write_minute(datetime(2030, 1, 1))  # noqa: DTZ001 - the mistake under test

    def test_day_is_written_without_separators(self) -> None:
        assert write_day(date(2030, 1, 2)) == "20300102"

    def test_datetime_is_rejected_as_a_day(self) -> None:
        with pytest.raises(ValueError, match="date"):
            write_day(datetime(2030, 1, 2, tzinfo=UTC))

    @given(value=st.none() | st.text() | st.integers())
    def test_any_value_is_read_as_none_or_as_japan_time(self, value: object) -> None:
        for moment in (read_minute(value), timestamp(value, MILLISECOND)):
            assert moment is None or moment.utcoffset() == timedelta(hours=9)


class TestMasking:
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
            ("clear \x1b[2J and \x9b2J", "clear  [2J and  2J"),
            ("a \u202etxet\u202c \u2066b\u2069\u200f\u061c", "a  txet   b "),
            ("", ""),
        ],
    )
    def test_numbers_tokens_and_known_secrets_are_masked(self, words: str, shown: str) -> None:
        assert mask(words, ["hunter2", "a", ""]) == shown

    @pytest.mark.parametrize(
        ("words", "shown"),
        [
            ("The text 'Your code is 12' is not allowed.", "The text '***' is not allowed."),
            ("123456 is a forbidden word.", "*** is a forbidden word."),
            ("Forbidden: 123456, please.", "Forbidden: ***, please."),
            ("Forbidden: code", "Forbidden: code"),
            ("Line: 123456. Please", "Line:***"),
        ],
    )
    def test_part_of_a_text_is_masked(self, words: str, shown: str) -> None:
        assert mask(words, ["Your code is 123456.\nPlease enter it."]) == shown

    @given(words=st.text())
    def test_masked_text_is_one_line_of_limited_length(self, words: str) -> None:
        shown = mask(words * 50)
        assert len(shown) <= MAX_LENGTH
        assert len(shown.splitlines()) <= 1


class TestFields:
    def test_repr_of_fields_has_no_values(self) -> None:
        fields = SecretFields({"token": "secret", "groupTag": None}) | SecretFields({"message": "secret"})
        assert repr(fields) == "SecretFields(token, message)"
        assert repr(fields.encoded()) == "SecretStr('**********')"
        assert dict(fields) == {"token": "secret", "message": "secret"}

    def test_repr_of_a_message_has_neither_number_nor_text(self) -> None:
        request = SendRequest(phone_number="09012345678", message="hello", client_tag="tag-1")
        assert (
            repr(request)
            == "SendRequest(client_tag='tag-1', schedule_time=None, group_tag=None, carrier_id=None, sms_code=None)"
        )


ERRORS = [
    NotSent("mt.json", "the connection was refused"),
    Throttled("mt.json", "HTTP 429", retry_after=timedelta(seconds=7)),
    Misconfigured("mt.json", "HTTP 403", http_status=403),
    Ambiguous("mt.json", "HTTP 503", http_status=503, throttle=True),
    Refused("mt.json", 300, "Exceed sending count."),
]


class TestErrors:
    @pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.outcome)
    def test_error_is_the_same_after_pickling(self, error: ProviderError) -> None:
        copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
        assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))

    def test_only_an_error_of_the_connection_was_not_sent(self) -> None:
        assert [error.outcome for error in ERRORS if not error.sent] == ["not_sent"]
        assert not Misconfigured("mt.json", "the certificate is not trusted").sent

    def test_refusal_has_our_meaning_and_the_message_of_the_provider(self) -> None:
        assert str(ERRORS[-1]) == ("mt.json: refused with code 300, the plan's quota is used up: Exceed sending count.")


def test_exported_names_exist_in_order() -> None:
    names = zettai_worker.provider.__all__
    assert names == sorted(set(names))
    assert [name for name in names if not hasattr(zettai_worker.provider, name)] == []


def test_short_secret_inside_a_phone_number_does_not_hide_the_number_from_the_mask() -> None:
    assert mask("sent to 09012345678 by 12345.", ["12345", "1234"]) == "sent to *** by ***."
