"""Render the OpenAPI document as an HTML page without scripts and without external resources."""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from html import escape
from typing import Any

STYLE = """
body{max-width:60rem;margin:2rem auto;padding:0 1rem;font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff}
h1,h2,h3{line-height:1.25}h2{margin-top:3rem;border-top:1px solid #ccc;padding-top:1.5rem}
code,pre{font:14px/1.4 ui-monospace,monospace;background:#f3f3f3}pre{padding:.75rem;overflow:auto}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;
border-bottom:1px solid #ddd}a{color:#0b57a4}.path{font-weight:normal}
@media(prefers-color-scheme:dark){body{color:#e8e8e8;background:#161616}code,pre{background:#262626}
h2,th,td{border-color:#444}a{color:#8ab8f0}}
"""

STYLE_HASH = f"sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}"
"""The hash for the Content-Security-Policy of the page."""

PREAMBLE = (
    "<p>The OpenAPI document: <a href='openapi.json'>openapi.json</a>. Every operation requires the header "
    "<code>Authorization: Bearer API_KEY</code>.</p>"
)


def build_page(document: Mapping[str, Any]) -> str:
    """Return the page.

    Args:
        document: the OpenAPI document of `openapi.build_document`.
    """
    info = document["info"]
    operations = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    schemas = document["components"]["schemas"]
    body = [
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>",
        _paragraph(info["description"]),
        PREAMBLE,
        "<ul>",
        *(f"<li>{_link(one['operationId'], one['summary'])}</li>" for _, _, one in operations),
        "</ul>",
        *(part for operation in operations for part in _operation(*operation)),
        "<h2>Schemas</h2>",
        *(part for name, schema in schemas.items() for part in _schema(name, schema)),
    ]
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(info['title'])}</title><style>{STYLE}</style><body>{''.join(body)}"
    )


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h2 id={operation['operationId']}>{escape(operation['summary'])}</h2>"
    yield f"<p class=path><code>{method} {escape(path)}</code></p>{_paragraph(operation['description'])}"
    if operation["parameters"]:
        parameters = (
            (f"<code>{escape(one['name'])}</code>", one["in"], _kind(one["schema"]), _text(one["description"]))
            for one in operation["parameters"]
        )
        yield _table(("parameter", "in", "type", "meaning"), parameters)
    if "requestBody" in operation:
        yield f"<h3>Body</h3><p>{_kind(operation['requestBody']['content']['application/json']['schema'])}</p>"
    answers = (
        (status, ", ".join(_kind(one["schema"]) for one in answer["content"].values()), _text(answer["description"]))
        for status, answer in operation["responses"].items()
    )
    yield f"<h3>Responses</h3>{_table(('status', 'body', 'meaning'), answers)}"


def _schema(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h3 id={name}>{name}</h3>{_paragraph(schema.get('description', ''))}"
    if "properties" in schema:
        needed = schema.get("required", [])
        rows = (
            (
                f"<code>{escape(field)}</code>{' (required)' if field in needed else ''}",
                _kind(one),
                _text(one.get("description", "")),
            )
            for field, one in schema["properties"].items()
        )
        yield _table(("field", "type", "meaning"), rows)
    elif "enum" in schema:
        yield f"<p>{_kind(schema)}</p>"
    for example in schema.get("examples", []):
        yield f"<pre>{escape(json.dumps(example, ensure_ascii=False, indent=2))}</pre>"


def _kind(schema: Mapping[str, Any]) -> str:
    """Describe a schema in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _link(name, name)
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    kind = escape(str(schema.get("format") or schema.get("type") or "anything"))
    bounds = (("at least", "minimum"), ("greater than", "exclusiveMinimum"), ("at most", "maximum"))
    described = [f"{word} {schema[bound]:,}" for word, bound in bounds if bound in schema]
    if "maxLength" in schema:
        described.append(f"{schema.get('minLength', 0)} to {schema['maxLength']} characters")
    return ", ".join([kind, *described])


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{name}" for name in header)
    return f"<table><tr>{head}{''.join('<tr>' + ''.join(f'<td>{cell}' for cell in row) for row in rows)}</table>"


def _link(name: str, text: str) -> str:
    return f"<a href='#{escape(name)}'>{escape(text)}</a>"


def _paragraph(text: str) -> str:
    return f"<p>{_text(text)}</p>"


def _text(text: str) -> str:
    """Render a text with code in backticks."""
    parts = escape(text).split("`")
    return "".join(part if number % 2 == 0 else f"<code>{part}</code>" for number, part in enumerate(parts))
