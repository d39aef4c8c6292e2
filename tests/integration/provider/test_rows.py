"""Parse the rows of statuses and reservations."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from zettai.core.aossms.statuses import read_status
from zettai_worker.provider import Ambiguous, Reservation, Rows, Status, StatusId
from zettai_worker.provider.answers import read_reservation, read_rows, read_rows_of_tag
from zettai_worker.provider.bodies import MAX_SKIPPED_ROWS, read_body
from zettai_worker.provider.errors import InvalidAnswer

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


def json_of(rows: object) -> list[bytes]:
    """Return the pieces of a successful answer with these rows. The provider may write the code after them."""
    body = json.dumps({"status": rows, "responseCode": 0}).encode()
    return [body[:7], body[7:]]


def statuses(*rows: object) -> Rows[Status]:
    """Return the statuses that are read from these rows."""
    return read_rows("status.json", read_body(json_of(rows), read_status))


def reservations(*rows: object) -> Rows[Reservation]:
    """Return the reservations that are read from these rows."""
    return read_rows("checkreservation.json", read_body(json_of(rows), read_reservation))


class TestStatus:
    def test_row_of_a_delivered_message_has_all_values(self) -> None:
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
    def test_row_of_a_message_in_flight_is_sending(self, status_id: object) -> None:
        assert statuses(ROW | {"statusId": status_id})[0].status is StatusId.SENDING

    @pytest.mark.parametrize("status_id", [0, "0", None, "", "new", 4, "4", -1, True, 2.0, [], {}])
    def test_unknown_status_id_is_unknown(self, status_id: object) -> None:
        assert statuses(ROW | {"statusId": status_id})[0].status is StatusId.UNKNOWN

    @pytest.mark.parametrize("status_id", [0, 1, "0", "1", "new"])
    def test_values_of_the_carrier_are_ignored_before_the_final_status(self, status_id: object) -> None:
        (status,) = statuses(ROW | {"statusId": status_id})
        assert (status.carrier_id, status.detailed_status, status.parts, status.failure) == (None, None, None, None)

    @pytest.mark.parametrize("status_id", [3, "3"])
    def test_row_of_a_failure_has_its_detail(self, status_id: object) -> None:
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
    def test_carrier_is_unknown_if_empty_or_999(self, carrier: object, read: str | None) -> None:
        (status,) = statuses(ROW | {"carrierId": carrier})
        assert status.carrier_id == read

    @pytest.mark.parametrize(
        "odd", [None, 1, [], {"clientTag": 1}, {"clientTag": []}, ROW | {"phoneNumber": None}], ids=repr
    )
    def test_unreadable_row_is_skipped_and_logged(self, odd: object) -> None:
        with capture_logs() as logs:
            found = statuses(odd, ROW, ROW | {"clientTag": "tag-2"})
        assert [status.client_tag for status in found] == ["tag-1", "tag-2"]
        assert found.skipped == 1
        skipped = [entry for entry in logs if entry["event"] == "provider_rows_skipped"]
        assert [(entry["endpoint"], entry["skipped"]) for entry in skipped] == [("status.json", 1)]

    def test_answer_without_a_readable_row_is_ambiguous(self) -> None:
        """An empty list would mean that the provider does not know the tag."""
        with pytest.raises(Ambiguous, match="no row"):
            statuses(ROW | {"phoneNumber": None})

    @pytest.mark.parametrize("tag", [None, ""])
    def test_rows_without_a_tag_are_left_out_silently(self, tag: object) -> None:
        """Other applications send them through the same account."""
        with capture_logs() as logs:
            found = statuses(ROW | {"clientTag": tag})
        assert (found, found.skipped, logs) == ([], 0, [])

    def test_answer_without_rows_is_an_empty_list(self) -> None:
        assert statuses() == []

    @pytest.mark.parametrize(("count", "skipped"), [(3, 1), ("3", 1), (2, 0), (1, 0), (-1, 0), (None, 0), ("all", 0)])
    def test_rows_that_the_provider_only_counted_are_skipped_ones(self, count: object, skipped: int) -> None:
        body = json.dumps({"responseCode": 0, "count": count, "status": [ROW, {}]}).encode()
        assert read_rows("status.json", read_body([body], read_status)).skipped == skipped

    def test_empty_list_of_counted_rows_is_ambiguous(self) -> None:
        body = read_body([b'{"responseCode": 0, "count": 1, "status": []}'], read_reservation)
        with pytest.raises(Ambiguous):
            read_rows("checkreservation.json", body)

    def test_row_with_a_repeated_name_is_skipped(self) -> None:
        """It is unknown which of the two statuses counts."""
        two = json.dumps(ROW)[:-1] + ', "statusId": "3"}'
        body = f'{{"responseCode": 0, "status": [{json.dumps(ROW)}, {two}]}}'.encode()
        found = read_rows("status.json", read_body([body], read_status))
        assert (len(found), found.skipped) == (1, 1)

    def test_answer_with_too_many_unreadable_rows_is_invalid(self) -> None:
        assert statuses(ROW, *[[]] * MAX_SKIPPED_ROWS).skipped == MAX_SKIPPED_ROWS
        with pytest.raises(InvalidAnswer, match="1,000 unreadable rows"):
            statuses(ROW, *[[]] * (MAX_SKIPPED_ROWS + 1))

    @pytest.mark.parametrize("other", [[], {}, ROW | {"clientTag": None}, ROW | {"phoneNumber": None}], ids=repr)
    def test_rows_that_may_be_of_the_tag_are_no_proof_that_it_is_unknown(self, other: object) -> None:
        body = read_body(json_of([ROW, other]), read_status)
        with pytest.raises(Ambiguous, match="unreadable"):
            read_rows_of_tag("status.json", body, "tag-10")
        assert [status.client_tag for status in read_rows_of_tag("status.json", body, "tag-1")] == ["tag-1"]

    def test_readable_rows_of_other_tags_prove_that_the_tag_is_unknown(self) -> None:
        (status,) = read_rows_of_tag("status.json", read_body(json_of([ROW]), read_status), "tag-10")
        assert status.client_tag == "tag-1"

    @pytest.mark.parametrize("rows", [None, {}, "", 0])
    def test_answer_without_a_list_is_ambiguous(self, rows: object) -> None:
        with pytest.raises(Ambiguous, match="no list"):
            read_rows("status.json", read_body(json_of(rows), read_status))

    @pytest.mark.parametrize("moment", [None, "", "20300102", 20300102, "20301302 030405678"])
    def test_unreadable_time_is_none_and_the_status_counts(self, moment: object) -> None:
        (status,) = statuses(ROW | {"dateTime": moment})
        assert (status.status, status.at) == (StatusId.DELIVERED, None)

    def test_lone_surrogate_is_replaced(self) -> None:
        (status,) = statuses(ROW | {"message": "half \ud83d", "clientTag": "tag\udfff"})
        assert (status.message, status.client_tag) == ("half ?", "tag?")


class TestReservation:
    def test_reservation_has_japan_time(self) -> None:
        row = {"scheduleTime": "2030-01-02 03:04", "phoneNumber": "+819012345678", "message": "hi", "clientTag": "t"}
        assert reservations(row) == [
            Reservation("t", "+819012345678", "hi", datetime(2030, 1, 2, 3, 4, tzinfo=TOKYO)),
        ]

    @pytest.mark.parametrize("time", [None, "", "soon", "2030-01-02", 203001020304])
    def test_unreadable_time_of_a_reservation_is_none(self, time: object) -> None:
        (found,) = reservations(
            {"scheduleTime": time, "phoneNumber": "+819012345678", "message": None, "clientTag": "t"}
        )
        assert (found.client_tag, found.message, found.schedule_time) == ("t", None, None)
