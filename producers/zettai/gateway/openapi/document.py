"""Build the OpenAPI document from the table of operations."""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from zettai.gateway.idempotency import HEADER
from zettai.gateway.language import Translate, translated
from zettai.gateway.openapi.examples import NEW_MESSAGE, REQUESTS, RESPONSES, problem_examples
from zettai.gateway.openapi.webhooks import WebhookEvent, build_webhooks
from zettai.gateway.operations import OPERATIONS
from zettai.gateway.operations.operation import ALWAYS, Operation
from zettai.gateway.outputs.messages import Message
from zettai.gateway.outputs.problems import Problem
from zettai.gateway.page import TITLE
from zettai.gateway.problems import MEDIA_TYPE, ProblemType

DESCRIPTION = (
    "Sends SMS through 絶対リーチ! SMS. Each message is sent once, in time, and within the provider's rate limit. "
    "Phone numbers in responses are masked, and message texts are never returned. Errors are "
    "`application/problem+json` (RFC 9457)."
)

SCOPE = "Requires an API key with the scope `{scope}`."

TAGS = {
    "Messages": ("/v1/messages", "/v1/groups", "/v1/text-check"),
    "Campaigns": ("/v1/campaigns",),
    "Phone numbers": ("/v1/numbers", "/v1/suppressions"),
    "Operation": ("/metrics",),
    "Webhooks": (),
}
"""The headings of the operations, with the beginnings of their paths."""


def build_document(say: Translate = str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document.

    Args:
        say: translates its texts.
    """
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(path_of(operation), {})[operation.method.lower()] = _operation(operation, say)
    _, schemas = models_json_schema(
        [(model, "validation") for model in _models()], ref_template="#/components/schemas/{model}"
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": version("zettai-sms"), "description": say(DESCRIPTION)},
        "servers": [{"url": "/"}],
        "tags": [{"name": say(name)} for name in TAGS],
        "paths": paths,
        "webhooks": translated(build_webhooks(say("Webhooks")), say),
        "components": {
            "schemas": translated(schemas["$defs"], say),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": say("An API key.")}},
        },
    }


def _models() -> Iterator[type[BaseModel]]:
    """Yield the models of all bodies."""
    for operation in OPERATIONS:
        yield from operation.body
        yield from (body for body, _ in operation.answers.values() if not isinstance(body, str))
    yield Problem
    yield WebhookEvent


def path_of(operation: Operation) -> str:
    """Return the path with the name of its parameter, as in the OpenAPI document."""
    return operation.path.replace("{name}", f"{{{operation.named[0]}}}") if operation.named else operation.path


def _operation(operation: Operation, say: Translate) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [say(name) for name, beginnings in TAGS.items() if operation.path.startswith(beginnings)],
        "summary": say(operation.summary),
        "description": f"{say(operation.description)} {say(SCOPE).format(scope=operation.scope)}",
        "security": [{"key": [operation.scope]}],
        "parameters": translated(list(_parameters(operation)), say),
        "responses": {
            **translated(_answers(operation), say),
            **_problems([*operation.problems, *ALWAYS], say),
        },
    }
    if operation.body:
        schemas = [_reference(model) for model in operation.body]
        schema = {"anyOf": schemas} if len(schemas) > 1 else schemas[0]
        content = {"schema": schema, "examples": translated(_request_examples(operation.body), say)}
        described["requestBody"] = {"required": True, "content": {"application/json": content}}
    return described


def _request_examples(models: Sequence[type[BaseModel]]) -> dict[str, Any]:
    """Return an example for each model of a body."""
    return {
        model.__name__: {
            "summary": (model.__doc__ or "").partition(".")[0] + ".",
            "value": REQUESTS[model] if model in REQUESTS else model.model_json_schema()["examples"][0],
        }
        for model in models
    }


def _parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    if operation.named:
        name, description = operation.named
        schema = {"type": "string", "minLength": 1, "maxLength": 200, "format": "client-tag"}
        yield {"name": name, "in": "path", "required": True, "description": description, "schema": schema}
    for name, description in operation.headers.items():
        key = {"minLength": 1, "maxLength": 200, "format": "idempotency-key"} if name == HEADER else {}
        yield {"name": name, "in": "header", "description": description, "schema": {"type": "string", **key}}
    if operation.parameters:
        schemas = operation.parameters.model_json_schema()
        for name, schema in schemas["properties"].items():
            in_query = _in_query(schema, schemas.get("$defs", {}))
            yield {"name": name, "in": "query", "description": schema["description"], "schema": in_query}


def _in_query(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a query parameter: without null, because parameters are left out, and without references."""
    one = next((one for one in schema.get("anyOf", []) if one.get("type") != "null"), schema)
    if "$ref" in one:
        one = definitions[one["$ref"].rpartition("/")[2]]
    return {name: value for name, value in one.items() if name not in {"title", "description"} and value is not None}


def _answers(operation: Operation) -> dict[str, Any]:
    return {
        str(status): {
            "description": description,
            "content": {body: {"schema": {"type": "string"}}}
            if isinstance(body, str)
            else {"application/json": {"schema": _reference(body), "example": _response_example(status, body)}},
        }
        for status, (body, description) in operation.answers.items()
    }


def _response_example(status: int, model: type[BaseModel]) -> dict[str, Any]:
    return NEW_MESSAGE if (status, model) == (HTTPStatus.CREATED, Message) else RESPONSES[model]


def _problems(types: Sequence[ProblemType], say: Translate) -> dict[str, Any]:
    """Return the error responses. Problems with the same status share one response."""
    by_status: dict[int, list[ProblemType]] = {}
    for problem in types:
        by_status.setdefault(problem.status, []).append(problem)
    return {
        str(status): {
            "description": say(" Or: ").join(f"{say(one.title)} (`{one.urn}`)" for one in sorted(same, key=str)),
            "content": {
                MEDIA_TYPE: {"schema": _reference(Problem), "examples": translated(problem_examples(same), say)}
            },
        }
        for status, same in sorted(by_status.items())
    }


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
