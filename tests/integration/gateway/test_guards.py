"""Guards of the gateway: it counts messages, not requests."""

from pathlib import Path

import pytest
from tests.integration.gateway.given import MESSAGE, Gateway, serving
from tests.support.stack import eventually


def _many(number: str, request: int, count: int, lane: str) -> dict[str, object]:
    messages = [{"to": number, "body": f"code {request}-{one}", "lane": lane} for one in range(count)]
    return {"messages": messages}


@pytest.mark.long
def test_thirty_requests_with_a_thousand_messages_each_to_one_number_are_stopped(gateway: Gateway) -> None:
    answers = [gateway.send(_many("09055550001", request, 1_000, "urgent")) for request in range(30)]

    assert {answer.status for answer in answers} == {207}
    assert sum(answer.json["created"] for answer in answers) == 5
    assert sum(answer.json["refused"] for answer in answers) == 29_995
    refused = answers[-1].json["results"][0]
    assert refused["status"] == 429
    assert refused["problem"]["type"] == "urn:zettai:problem:message-rate-exceeded"
    assert 0 < refused["problem"]["retry_after"] <= 600


def test_single_message_that_is_refused_has_a_problem_with_retry_after(gateway: Gateway) -> None:
    message = {**MESSAGE, "to": "09055550002", "lane": "urgent"}
    answers = [gateway.send({**message, "body": f"code {one}"}, Idempotency_Key=f"guard-{one}") for one in range(6)]

    assert [answer.status for answer in answers] == [201] * 5 + [429]
    assert answers[-1].problem == "message-rate-exceeded"
    assert 0 < int(answers[-1].headers["retry-after"]) <= 600
    assert "送信回数" in answers[-1].json["message_ja"]
    assert "5550002" not in answers[-1].body.decode()
    # A repeated request is answered as before.
    assert gateway.send({**message, "body": "code 0"}, Idempotency_Key="guard-0").status == 200


def test_budget_and_allowed_numbers_are_problems(redis_url: str, tmp_path: Path) -> None:
    settings = {"BUDGETS": "2/day group spring", "ONLY_TO": "09012345678,09012345679"}
    with serving(tmp_path / "log", redis_url, **settings) as gateway:
        message = {**MESSAGE, "group": "spring", "client_tag": "first"}
        assert gateway.send(message).status == 201
        assert gateway.send({**MESSAGE, "body": "あ" * 100, "group": "spring"}).problem == "budget-exceeded"
        assert gateway.send({**MESSAGE, "to": "09055550003"}).problem == "number-not-allowed"

        replaced = gateway.ask("PATCH", "/v1/messages/first", {"body": "い" * 200})
        assert (replaced.status, replaced.problem) == (429, "budget-exceeded")
        assert int(replaced.headers["retry-after"]) <= 86_400
        assert gateway.ask("PATCH", "/v1/messages/first", {"body": "い" * 100}).status == 200


def test_full_redis_is_a_problem_with_retry_after(redis_url: str, tmp_path: Path) -> None:
    with serving(tmp_path / "log", redis_url) as gateway:
        redis = gateway.store.redis
        before = str(redis.config_get("maxmemory")["maxmemory"])
        used = int(redis.info("memory")["used_memory"])
        redis.config_set("maxmemory", int(used / 0.93))
        try:
            refused = gateway.send()
            assert (refused.status, refused.problem) == (503, "store-full")
            assert int(refused.headers["retry-after"]) == 10
        finally:
            redis.config_set("maxmemory", before)
        again = {**MESSAGE, "client_tag": refused.json["client_tag"]}
        eventually(lambda: gateway.send(again).status == 201, "it is accepted again")
