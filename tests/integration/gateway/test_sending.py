"""`POST /v1/messages`: one message or many, once."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from tests.integration.gateway.given import MESSAGE, NUMBER, Gateway

from zettai.core.lanes import Lane
from zettai.core.states import State


def a_key() -> str:
    """Return a new idempotency key."""
    return str(uuid4())


def test_message_is_recorded_and_its_task_published(gateway: Gateway) -> None:
    answer = gateway.send({**MESSAGE, "lane": "urgent"})

    assert answer.status == 201
    assert answer.json["state"] == "queued"
    assert answer.json["to"] == "+81********78"
    newest_task = gateway.store.redis.lindex(gateway.store.keys.queue(Lane.URGENT), 0)
    assert answer.json["client_tag"] in str(newest_task)
    assert gateway.ask("GET", answer.headers["location"]).json == answer.json


def test_every_field_is_recorded(gateway: Gateway) -> None:
    tag = f"all/{a_key()} 確認"
    at = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=2)

    answer = gateway.send(
        {
            **MESSAGE,
            "client_tag": tag,
            "send_at": at.isoformat().replace("+00:00", "Z"),
            "expires_in": 90.5,
            "lane": "bulk",
            "group": "summer",
            "carrier": "au",
            "sender": "77777",
            "metadata": {"order": "A-1"},
            "durable": True,
        }
    )

    assert answer.status == 201
    assert answer.headers["location"] == f"/v1/messages/{quote(tag, safe='')}"
    message = gateway.store.get([tag])[0]
    assert message is not None
    assert (message.send_at, message.expires_at - at, message.lane) == (at, timedelta(seconds=90.5), "bulk")
    assert (message.group, message.carrier, message.sender) == ("summer", "au", "77777")
    assert message.metadata == answer.json["metadata"] == {"order": "A-1"}


def test_null_field_has_its_default(gateway: Gateway) -> None:
    names = ("client_tag", "send_at", "expires_in", "lane", "group", "carrier", "sender", "metadata", "durable")

    assert gateway.send({**MESSAGE, **dict.fromkeys(names)}).status == 201


def test_repeated_client_tag_sends_once(gateway: Gateway) -> None:
    one = {**MESSAGE, "client_tag": a_key()}

    first, again, other = gateway.send(one), gateway.send(one), gateway.send({**one, "body": "other"})

    assert (first.status, again.status) == (201, 200)
    assert again.json == first.json
    assert (other.status, other.problem, other.json["client_tag"]) == (409, "tag-conflict", one["client_tag"])


def test_repeated_idempotency_key_sends_once(gateway: Gateway) -> None:
    key = a_key()

    first, again = gateway.send(Idempotency_Key=f'"{key}"'), gateway.send(Idempotency_Key=key)
    other = gateway.send({**MESSAGE, "body": "other"}, Idempotency_Key=key)

    assert (first.status, again.status) == (201, 200)
    assert again.json == first.json
    assert (other.status, other.problem) == (422, "idempotency-key-reused")


def test_message_has_the_name_of_its_api_key(gateway: Gateway) -> None:
    sent = gateway.send(key="sender").json
    stored = gateway.store.get([sent["client_tag"]])[0]

    assert sent["created_by"] == "sender"
    assert stored is not None
    assert stored.created_by == "sender"


def test_request_cannot_name_another_maker(gateway: Gateway) -> None:
    many = {"template": "hello", "rows": [{"to": NUMBER, "created_by": "web"}]}

    assert gateway.send({**MESSAGE, "created_by": "web"}, key="other").problem == "invalid-request"
    assert gateway.send(many, key="other").json["results"][0]["status"] == 422


def test_late_repeat_names_the_client_tag(gateway: Gateway) -> None:
    key = a_key()
    tag = gateway.send(Idempotency_Key=key).json["client_tag"]

    answer = gateway.send({**MESSAGE, "send_at": "2020-01-01T00:00:00Z"}, Idempotency_Key=key)

    assert (answer.status, answer.json["client_tag"]) == (422, tag)


def test_idempotency_keys_of_two_api_keys_are_independent(gateway: Gateway) -> None:
    key = a_key()

    answers = [gateway.send(key=caller, Idempotency_Key=key) for caller in ("web", "other")]

    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].json["client_tag"] != answers[1].json["client_tag"]


def test_client_tag_takes_precedence_over_idempotency_key(gateway: Gateway) -> None:
    key = a_key()

    tags = [gateway.send({**MESSAGE, "client_tag": f"{key}{n}"}, Idempotency_Key=key).json["client_tag"] for n in "ab"]

    assert tags == [f"{key}a", f"{key}b"]


@pytest.mark.parametrize("header", ["", '""', '"a b"', "a" * 201, "ä"])
def test_invalid_idempotency_key_is_rejected(gateway: Gateway, header: str) -> None:
    answer = gateway.send(Idempotency_Key=header)

    assert (answer.status, answer.problem) == (400, "malformed-request")


def test_each_of_many_messages_has_its_own_result(gateway: Gateway) -> None:
    known = {**MESSAGE, "client_tag": a_key()}
    gateway.send(known)

    answer = gateway.send(
        {"messages": [MESSAGE, known, {**known, "body": "other"}, {"to": "1", "body": "x"}, 4, {**MESSAGE, "x": 1}]}
    )

    assert answer.status == 207
    assert [result["status"] for result in answer.json["results"]] == [201, 200, 409, 422, 422, 422]
    assert (answer.json["created"], answer.json["repeated"], answer.json["refused"]) == (1, 1, 4)
    assert answer.json["results"][0]["message"]["lane"] == "bulk"
    pointers = [result["problem"]["errors"][0]["pointer"] for result in answer.json["results"][3:]]
    assert pointers == ["#/messages/3/to", "#/messages/4", "#/messages/5/x"]


def test_template_makes_the_text_of_each_row(gateway: Gateway) -> None:
    tags = [a_key() for _ in range(2)]
    rows = [{"to": NUMBER, "name": "山田", "amount": 5000, "client_tag": tag} for tag in tags]
    wrong = [{"to": NUMBER, "name": "山田"}, {"to": NUMBER, "name": "", "amount": 1}, 4, {**rows[0], "x": 1}]

    answer = gateway.send({"template": "{{name}} 様 {{amount}}円", "rows": [*rows, *wrong, {**rows[0], "body": "x"}]})

    assert [result["status"] for result in answer.json["results"]] == [201, 201, 422, 422, 422, 422, 422]
    assert gateway.store.bodies(tags) == ["山田 様 5000円"] * 2
    pointers = [result["problem"]["errors"][0]["pointer"] for result in answer.json["results"][2:]]
    assert pointers == ["#/rows/2/amount", "#/rows/3/name", "#/rows/4", "#/rows/5/x", "#/rows/6/body"]


@pytest.mark.parametrize("template", ["", "{{name", "name}}", "{{}}", "｛｛name｝｝", "x" * 10_001, 4, None])
def test_invalid_template_is_rejected(gateway: Gateway, template: object) -> None:
    answer = gateway.send({"template": template, "rows": [{"to": NUMBER, "name": "x"}]})

    assert (answer.status, answer.problem, answer.json["errors"][0]["pointer"]) == (
        422,
        "invalid-request",
        "#/template",
    )


@pytest.mark.parametrize("value", [{"rows": [MESSAGE]}, {"template": "x"}, {"template": "x", "rows": []}])
def test_template_without_rows_is_rejected(gateway: Gateway, value: object) -> None:
    assert gateway.send(value).problem == "invalid-request"


def test_repeat_of_many_messages_sends_nothing_new(gateway: Gateway) -> None:
    key = a_key()
    many = {"messages": [MESSAGE, MESSAGE, {**MESSAGE, "body": "third"}]}

    first, again = gateway.send(many, Idempotency_Key=key), gateway.send(many, Idempotency_Key=key)

    assert (first.json["created"], again.json["repeated"]) == (3, 3)
    assert len({result["message"]["client_tag"] for result in first.json["results"]}) == 3
    assert [one["message"] for one in again.json["results"]] == [one["message"] for one in first.json["results"]]


def test_thousand_messages_fit_in_one_request(gateway: Gateway) -> None:
    thousand = [{"to": f"0902222{n:04}", "body": "あ" * 660} for n in range(1_000)]

    assert gateway.send({"messages": thousand, "durable": True}).json["created"] == 1_000
    answer = gateway.send({"messages": [*thousand, MESSAGE]})
    assert (answer.status, answer.problem, answer.json["errors"][0]["pointer"]) == (
        422,
        "invalid-request",
        "#/messages",
    )


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"to": "0312345678"}, "#/to"),
        ({"to": 9012345678}, "#/to"),
        ({"body": ""}, "#/body"),
        ({"body": "あ" * 661}, "#/body"),
        ({"client_tag": ""}, "#/client_tag"),
        ({"client_tag": " a"}, "#/client_tag"),
        ({"group": "a\nb"}, "#/group"),
        ({"send_at": "2030-01-01T00:00:00"}, "#/send_at"),
        ({"send_at": "2030-01-01 00:00:00Z"}, "#/send_at"),
        ({"send_at": "2020-01-01T00:00:00Z"}, "#/send_at"),
        ({"send_at": "9999-12-31T23:59:59-14:00"}, "#/send_at"),
        ({"send_at": 1893456000}, "#/send_at"),
        ({"expires_in": 0}, "#/expires_in"),
        ({"expires_in": 1e300}, "#/expires_in"),
        ({"expires_in": "60"}, "#/expires_in"),
        ({"lane": "status"}, "#/lane"),
        ({"carrier": "vodafone"}, "#/carrier"),
        ({"durable": "yes"}, "#/durable"),
        ({"colour": "red"}, "#/colour"),
    ],
)
def test_invalid_value_is_named_by_its_pointer(gateway: Gateway, change: Mapping[str, Any], pointer: str) -> None:
    answer = gateway.send({**MESSAGE, **change})

    assert (answer.status, answer.problem) == (422, "invalid-request")
    assert answer.json["errors"][0]["pointer"] == pointer
    assert answer.json["errors"][0]["detail"]
    assert b"0312345678" not in answer.body


def test_all_invalid_values_are_reported_together(gateway: Gateway) -> None:
    answer = gateway.send({"to": 1, "body": None, "x": 1})

    assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [
        ("#/to", "not_a_text"),
        ("#/body", "not_a_text"),
        ("#/x", "unknown_argument"),
    ]


def test_each_invalid_value_is_named_also_beside_wrong_types(gateway: Gateway) -> None:
    values = {"to": "0312345678", "body": "", "sender": "99999", "group": " g", "send_at": "2020-01-01T00:00:00Z"}
    answer = gateway.send(values)
    beside = gateway.send({**values, "body": 1, "x": 1})
    many = gateway.send({"messages": [values]}).json["results"][0]["problem"]
    rows = gateway.send({"template": "x", "rows": [{**values, "body": "x"} | {"to": "03"}, {"group": " "}]})

    bad = {"#/to", "#/sender", "#/group", "#/send_at"}
    assert {one["pointer"] for one in answer.json["errors"]} == bad | {"#/body"}
    assert {one["pointer"] for one in beside.json["errors"]} == bad | {"#/body", "#/x"}
    assert {one["pointer"].removeprefix("#/messages/0/") for one in many["errors"]} == set(values)
    assert {one["pointer"] for one in rows.json["results"][1]["problem"]["errors"]} == {"#/rows/1/to", "#/rows/1/group"}
    assert "0312345678" not in answer.body.decode()


def test_invalid_value_has_a_code_and_a_japanese_sentence(gateway: Gateway) -> None:
    [error] = gateway.send({**MESSAGE, "to": "0312345678"}).json["errors"]

    assert error["code"] == "not_a_mobile_number"
    assert error["message_ja"] == "電話番号は 090、080、070 などで始まる携帯電話番号を入力してください。"


@pytest.mark.parametrize(
    ("change", "code", "japanese"),
    [
        ({"send_at": "soon"}, "not_a_written_instant", "送信日時は 2026-08-01T09:00:00+09:00 のように、"),
        ({"expires_in": 0}, "too_small", "有効期間は 1 以上で指定してください。"),
        ({"expires_in": 1e300}, "too_large", "有効期間は 2592000 以下で指定してください。"),
        ({"expires_in": "60"}, "not_a_number", "有効期間は数値で指定してください。"),
        ({"durable": "yes"}, "not_a_boolean", "durableは true または false で指定してください。"),
        ({"metadata": []}, "not_an_object", "メタデータの形式が正しくありません。"),
        (
            {"carrier": "x"},
            "not_a_choice",
            "携帯電話会社は次のいずれかを指定してください: au, docomo, softbank, rakuten",
        ),
    ],
)
def test_each_kind_of_wrong_value_has_its_own_code(
    gateway: Gateway, change: Mapping[str, Any], code: str, japanese: str
) -> None:
    [error] = gateway.send({**MESSAGE, **change}).json["errors"]

    assert error["code"] == code
    assert error["message_ja"].startswith(japanese)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"to": NaN}', b"[" * 100_000])
def test_invalid_json_is_rejected(gateway: Gateway, body: bytes) -> None:
    answer = gateway.send(body)

    assert (answer.status, answer.problem) == (400, "malformed-request")


@pytest.mark.parametrize("value", [[], "text", 4, None, [MESSAGE], {"messages": {}}, {"messages": []}])
def test_json_of_another_shape_is_rejected(gateway: Gateway, value: object) -> None:
    answer = gateway.send(b"null" if value is None else value)

    assert (answer.status, answer.problem) == (422, "invalid-request")


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        ("text", "must be an object"),
        ({"messages": {}}, "must be a list"),
        ({"messages": []}, "must have 1 or more entries"),
        ({"messages": [4]}, "must be an object"),
        ({"messages": [MESSAGE] * 1001}, "must have 1000 entries or fewer"),
    ],
)
def test_what_has_another_shape_is_said_in_the_words_of_json(gateway: Gateway, value: object, detail: str) -> None:
    assert detail in json.dumps(gateway.send(value).json)


def test_other_media_types_are_rejected(gateway: Gateway) -> None:
    for headers in (
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "text/plain"},
        {"Content-Encoding": "gzip"},
    ):
        answer = gateway.send(**headers)
        assert (answer.status, answer.problem) == (415, "media-type")


def test_rejected_request_records_nothing(gateway: Gateway) -> None:
    before = gateway.store.counts()[State.QUEUED]

    gateway.send({"to": NUMBER, "body": ""})
    gateway.send({"messages": [{"to": NUMBER}]})

    assert gateway.store.counts()[State.QUEUED] == before
