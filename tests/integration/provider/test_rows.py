"""The rows of a status answer and of a reservation answer."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from zettai_worker.provider import Ambiguous, Reservation, Status, StatusId
from zettai_worker.provider.answers import read_answer, read_reservations, read_statuses
from zettai_worker.provider.secret_fields import SecretFields
from zettai_worker.provider.transport import Reply

TOKYO = ZoneInfo("Asia/Tokyo")
ROW: dict[str, Any] = {
    "dateTime": "20300102 030405678",
    "phoneNumber": "+819012345678",
    "message": "hello",
    "smsCode": 55555,
    "carrierId": "103",
    "carrierName": "docomo",
    "statusId": "2",
    "clientTag": "tag-1",
    "detailedStatusId": "00000",
    "separatedSuccessCount": 2,
}


def answered(rows: object) -> SecretFields:
    """An answer of success with this in the place of its rows."""
    body = json.dumps({"responseCode": 0, "status": rows}).encode()
    return read_answer("status.json", Reply(200, None, body), SecretFields({}))


def statuses(*rows: object) -> list[Status]:
    """What is read from these rows."""
    return read_statuses("status.json", answered(rows))


def reservations(*rows: object) -> list[Reservation]:
    """What is read from these rows."""
    return read_reservations("checkreservation.json", answered(rows))


class TestStatus:
    """The rows of a status answer."""

    def test_of_a_delivered_message(self) -> None:
        """With everything that is known then."""
        assert statuses(ROW) == [
            Status(
                client_tag="tag-1",
                status=StatusId.DELIVERED,
                phone_number="+819012345678",
                message="hello",
                carrier_id="103",
                detailed_status="00000",
                parts=2,
                at=datetime(2030, 1, 2, 3, 4, 5, 678_000, tzinfo=TOKYO),
            )
        ]

    @pytest.mark.parametrize("status_id", [1, "1"])
    def test_of_a_message_on_its_way(self, status_id: object) -> None:
        """Not final."""
        assert statuses(ROW | {"statusId": status_id})[0].status is StatusId.SENDING

    @pytest.mark.parametrize("status_id", [0, "0", None, "", "new", 4, "4", -1, True, 2.0, [], {}])
    def test_of_a_status_that_is_not_known(self, status_id: object) -> None:
        """Not final either."""
        assert statuses(ROW | {"statusId": status_id})[0].status is StatusId.UNKNOWN

    @pytest.mark.parametrize("status_id", [0, 1, "0", "1", "new"])
    def test_before_the_end_the_carriers_part_means_nothing(self, status_id: object) -> None:
        """Plausible as it looks."""
        (status,) = statuses(ROW | {"statusId": status_id})
        assert (status.carrier_id, status.detailed_status, status.parts, status.failure) == (None, None, None, None)

    @pytest.mark.parametrize("status_id", [3, "3"])
    def test_of_a_failure(self, status_id: object) -> None:
        """A number and a string are the same."""
        (status,) = statuses(ROW | {"statusId": status_id, "detailedStatusId": 31732})
        assert (status.status, status.detailed_status) == (StatusId.FAILED, "31732")
        assert status.failure is not None

    @pytest.mark.parametrize(
        ("carrier", "read"),
        [
            ("101", "101"),
            (106, "106"),
            ("104", "104"),
            (None, None),
            ("", None),
            ("999", None),
            (999, None),
            ({}, None),
        ],
    )
    def test_of_a_carrier(self, carrier: object, read: str | None) -> None:
        """Null, nothing and 999 are unknown; a new carrier is taken as it is."""
        (status,) = statuses(ROW | {"carrierId": carrier})
        assert status.carrier_id == read

    @pytest.mark.parametrize(
        "odd", [None, 1, [], {"clientTag": 1}, {"clientTag": []}, ROW | {"phoneNumber": None}], ids=repr
    )
    def test_of_a_row_that_cannot_be_read(self, odd: object) -> None:
        """It is left out and counted, and the others are read."""
        with capture_logs() as logs:
            found = statuses(odd, ROW, ROW | {"clientTag": "tag-2"})
        assert [status.client_tag for status in found] == ["tag-1", "tag-2"]
        skipped = [entry for entry in logs if entry["event"] == "provider_rows_skipped"]
        assert [(entry["endpoint"], entry["skipped"]) for entry in skipped] == [("status.json", 1)]

    def test_of_rows_none_of_which_can_be_read(self) -> None:
        """That must not look like a tag that the provider does not know."""
        with pytest.raises(Ambiguous, match="no row"):
            statuses(ROW | {"phoneNumber": None})

    @pytest.mark.parametrize("tag", [None, ""])
    def test_of_others_who_use_the_account(self, tag: object) -> None:
        """Rows without a tag are nothing of ours, and nothing odd."""
        with capture_logs() as logs:
            assert statuses(ROW | {"clientTag": tag}) == []
        assert logs == []

    def test_of_an_unknown_tag(self) -> None:
        """An empty list."""
        assert statuses() == []

    @pytest.mark.parametrize("rows", [None, {}, "", 0])
    def test_without_a_list(self, rows: object) -> None:
        """Nothing can be concluded from it."""
        with pytest.raises(Ambiguous, match="no list"):
            read_statuses("status.json", answered(rows))

    @pytest.mark.parametrize("moment", [None, "", "20300102", 20300102, "20301302 030405678"])
    def test_of_a_moment_that_cannot_be_read(self, moment: object) -> None:
        """The status counts all the same."""
        (status,) = statuses(ROW | {"dateTime": moment})
        assert (status.status, status.at) == (StatusId.DELIVERED, None)

    def test_of_half_a_character(self) -> None:
        """What comes out can always be written."""
        (status,) = statuses(ROW | {"message": "half \ud83d", "clientTag": "tag\udfff"})
        assert (status.message, status.client_tag) == ("half ?", "tag?")


class TestReservation:
    """The rows of a reservation answer."""

    def test_of_a_row(self) -> None:
        """In Japan time."""
        row = {"scheduleTime": "2030-01-02 03:04", "phoneNumber": "+819012345678", "message": "hi", "clientTag": "t"}
        assert reservations(row) == [
            Reservation("t", "+819012345678", "hi", datetime(2030, 1, 2, 3, 4, tzinfo=TOKYO)),
        ]

    @pytest.mark.parametrize("time", [None, "", "soon", "2030-01-02", 203001020304])
    def test_of_a_time_that_cannot_be_read(self, time: object) -> None:
        """That there is a reservation matters more."""
        (found,) = reservations(
            {"scheduleTime": time, "phoneNumber": "+819012345678", "message": None, "clientTag": "t"}
        )
        assert (found.client_tag, found.message, found.schedule_time) == ("t", None, None)
