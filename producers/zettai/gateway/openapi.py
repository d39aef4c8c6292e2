"""Build the OpenAPI document from the table of operations."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from zettai.gateway import outputs
from zettai.gateway.campaign_inputs import CampaignInput
from zettai.gateway.message_inputs import MessageInput, MessagesInput, ReplaceInput, TemplateInput, Text
from zettai.gateway.number_inputs import FindInput, SuppressedNumber, SuppressionInput, SuppressionRemoval
from zettai.gateway.operations import ALWAYS, OPERATIONS, Operation
from zettai.gateway.problems import MEDIA_TYPE, ProblemType

MODELS: tuple[type[BaseModel], ...] = (
    MessageInput,
    MessagesInput,
    TemplateInput,
    Text,
    SuppressionInput,
    SuppressionRemoval,
    SuppressedNumber,
    FindInput,
    outputs.Message,
    outputs.Found,
    outputs.Results,
    outputs.Page,
    outputs.Cancel,
    outputs.GroupCancel,
    outputs.Replacement,
    ReplaceInput,
    outputs.TextCheck,
    outputs.Suppression,
    CampaignInput,
    outputs.Campaign,
    outputs.Campaigns,
    outputs.Problem,
)

DESCRIPTION = (
    "Sends SMS through 絶対リーチ! SMS. Each message is sent once, in time, and within the provider's rate limit. "
    "Phone numbers in responses are masked, and message texts are never returned. Errors are "
    "`application/problem+json` (RFC 9457)."
)


def build_document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(path_of(operation), {})[operation.method.lower()] = _operation(operation)
    _, schemas = models_json_schema(
        [(model, "validation") for model in MODELS], ref_template="#/components/schemas/{model}"
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "zettai-sms gateway", "version": version("zettai-sms"), "description": DESCRIPTION},
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "An API key."}},
        },
    }


def path_of(operation: Operation) -> str:
    """Return the path with the name of its parameter, as in the OpenAPI document."""
    return operation.path.replace("{name}", f"{{{operation.named[0]}}}") if operation.named else operation.path


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.handler.__name__,
        "summary": operation.summary,
        "description": f"{operation.description} Requires an API key with the scope `{operation.scope}`.",
        "security": [{"key": [operation.scope]}],
        "parameters": list(_parameters(operation)),
        "responses": {**_answers(operation), **_problems([*operation.problems, *ALWAYS])},
    }
    if operation.body:
        schemas = [_reference(model) for model in operation.body]
        schema = {"anyOf": schemas} if len(schemas) > 1 else schemas[0]
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return described


def _parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    if operation.named:
        name, description = operation.named
        schema = {"type": "string", "minLength": 1, "maxLength": 200, "format": "client-tag"}
        yield {"name": name, "in": "path", "required": True, "description": description, "schema": schema}
    for name, description in operation.headers.items():
        schema = {"type": "string", "minLength": 1, "maxLength": 200, "format": "idempotency-key"}
        yield {"name": name, "in": "header", "description": description, "schema": schema}
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
            else {"application/json": {"schema": _reference(body)}},
        }
        for status, (body, description) in operation.answers.items()
    }


def _problems(types: Sequence[ProblemType]) -> dict[str, Any]:
    """Return the error responses. Problems with the same status share one response."""
    by_status: dict[int, list[ProblemType]] = {}
    for problem in types:
        by_status.setdefault(problem.status, []).append(problem)
    return {
        str(status): {
            "description": " Or: ".join(f"{problem.title} (`{problem.urn}`)" for problem in sorted(same, key=str)),
            "content": {MEDIA_TYPE: {"schema": _reference(outputs.Problem)}},
        }
        for status, same in sorted(by_status.items())
    }


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
