"""The page that describes the gateway, and its OpenAPI document. `test_page_in_browser.py` looks at it in a browser."""

import gzip
import re
from base64 import b64encode
from hashlib import sha384
from importlib.resources import files
from typing import Any

import pytest
from pydantic import BaseModel
from tests.integration.gateway.given import Gateway

from zettai.core.events import EventType, MessageEvent
from zettai.core.times import now
from zettai.gateway import page
from zettai.gateway.inputs.messages import MessageInput, MessagesInput
from zettai.gateway.openapi.document import build_document
from zettai.gateway.openapi.examples import NEW_MESSAGE, REQUESTS, RESPONSES
from zettai.gateway.openapi.webhooks import EXAMPLE, WebhookEvent
from zettai.gateway.outputs.messages import Message as MessageModel
from zettai_worker.webhooks.payload import payload


def test_shipped_viewer_has_the_pinned_hash() -> None:
    content = (files("zettai.gateway") / "static" / f"scalar-{page.VERSION}.js.gz").read_bytes()

    assert f"sha384-{b64encode(sha384(gzip.decompress(content)).digest()).decode()}" == page.INTEGRITY


def test_start_leads_to_the_page(gateway: Gateway) -> None:
    answer = gateway.ask("GET", "/", key=None)

    assert (answer.status, answer.headers["location"]) == (303, "docs")


@pytest.mark.parametrize(("accepted", "language"), [("ja,en-US;q=0.9", "ja"), ("en-US,ja;q=0.5", "en"), ("", "en")])
def test_page_loads_only_files_of_the_gateway(gateway: Gateway, accepted: str, language: str) -> None:
    answer = gateway.ask("GET", "/docs", key=None, Accept_Language=accepted)
    shown = answer.body.decode()
    policy = dict(one.strip().split(" ", 1) for one in answer.headers["content-security-policy"].split(";"))

    assert f"<html lang={language}>" in shown
    assert (policy["default-src"], policy["script-src"], policy["connect-src"]) == ("'none'", "'self'", "'self'")
    loaded = re.findall(r"(?:src|href|data-document)='([^']+)'", shown)
    assert len(loaded) == 6
    for path in loaded:
        assert path == "data:," or gateway.ask("GET", f"/{path}", key=None).status == 200


def test_document_names_the_address_of_the_gateway(gateway: Gateway) -> None:
    document = gateway.ask("GET", "/openapi.json", key=None).json

    assert document["servers"] == [{"url": f"http://127.0.0.1:{gateway.port}"}]


def test_japanese_document_differs_in_its_texts_only(gateway: Gateway) -> None:
    english, japanese = (gateway.ask("GET", f"/openapi{one}.json", key=None).json for one in ("", ".ja"))

    assert _shape(english) == _shape(japanese)
    assert japanese["paths"]["/v1/messages"]["post"]["summary"] == "メッセージを送信する"


def _shape(part: Any) -> Any:
    """Return a document without its texts."""
    if isinstance(part, dict):
        return {
            name: _shape(one) for name, one in part.items() if name not in {"summary", "description", "name", "tags"}
        }
    return [_shape(one) for one in part] if isinstance(part, list) else part


@pytest.mark.parametrize(
    ("model", "example"),
    [*RESPONSES.items(), (MessageModel, NEW_MESSAGE), (WebhookEvent, EXAMPLE)],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_example_of_a_response_is_valid(model: type[BaseModel], example: dict[str, Any]) -> None:
    model.model_validate(example)


def test_every_operation_has_examples() -> None:
    for path, methods in build_document()["paths"].items():
        for method, operation in methods.items():
            contents = [answer["content"] for answer in operation["responses"].values()]
            contents += [operation["requestBody"]["content"]] if "requestBody" in operation else []
            for content in contents:
                assert all(
                    kind == "text/plain" or {"example", "examples"} & set(one) for kind, one in content.items()
                ), (method, path)


def test_examples_of_requests_are_accepted(gateway: Gateway) -> None:
    assert gateway.send(REQUESTS[MessageInput]).status in {200, 201}  # the fuzzer has sent it before
    assert gateway.send(REQUESTS[MessagesInput]).json["refused"] == 0


def test_webhook_is_sent_as_the_document_describes_it(gateway: Gateway) -> None:
    tag = gateway.send().json["client_tag"]
    message = gateway.store.get([tag])[0]
    event = MessageEvent(id="1-0", type=EventType.DELIVERED, at=now(), client_tag=tag, message=message)

    sent = WebhookEvent.model_validate_json(payload(event, message, None, ()))

    assert sent.data.message is not None
    assert set(sent.data.message) == set(EXAMPLE["data"]["message"])
