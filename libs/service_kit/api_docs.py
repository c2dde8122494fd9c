"""`/api/docs`: what `/openapi.json` says, as one page that needs nothing else: no script, no file, no host."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

DOCS_PATH = "/api/docs"
PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Content-Security-Policy of pages that bring all that they need."""

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1c2430;max-width:60rem;margin:2rem auto;padding:0 1rem}
code,pre{font:13px/1.5 ui-monospace,monospace}pre{background:#f4f6f9;padding:.6rem;overflow:auto;max-height:24rem}
details{border-bottom:1px solid #e3e7ee;padding:.35rem 0}summary{cursor:pointer}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0}
b.method{display:inline-block;min-width:4.5rem}.muted{color:#5f6b7a}
"""


def docs_page(document: dict[str, Any]) -> str:
    """The OpenAPI document for people, as HTML."""
    info = document["info"]
    title = escape(f"{info['title']} {info['version']}")
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{title}</h1><p>For programs: <a href=/openapi.json>/openapi.json</a></p>"
        f"{''.join(_operations(document))}<h2>Schemas</h2>{''.join(_schemas(document))}</body></html>"
    )


def _operations(document: dict[str, Any]) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            group = groups.setdefault(operation.get("tags", ["other"])[0], [])
            group.append(_operation(method.upper(), path, operation))
    for tag, operations in groups.items():
        yield f"<h2>{escape(tag)}</h2>{''.join(operations)}"


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    head = f"<b class=method>{method}</b> <code>{escape(path)}</code>"
    summary = f" <span class=muted>{escape(operation.get('summary', ''))}</span>"
    body = operation.get("requestBody", {}).get("content", {})
    parts = [
        f"<p>{escape(operation.get('description', ''))}</p>",
        _table("Parameters", [_parameter(each) for each in operation.get("parameters", [])]),
        *(f"<p>Body, <code>{escape(kind)}</code></p>{_shown(each)}" for kind, each in body.items()),
        _table("Answers", [_answer(status, each) for status, each in operation.get("responses", {}).items()]),
    ]
    return f"<details><summary>{head}{summary}</summary>{''.join(parts)}</details>"


def _parameter(parameter: dict[str, Any]) -> tuple[str, str, str]:
    needed = "required" if parameter.get("required") else ""
    told = parameter.get("description") or parameter.get("schema", {}).get("description", "")
    return parameter["name"], f"{parameter['in']} {needed}".strip(), told


def _answer(status: str, answer: dict[str, Any]) -> tuple[str, str, str]:
    schemas = [_reference(content.get("schema", {})) for content in answer.get("content", {}).values()]
    return status, ", ".join(filter(None, schemas)), answer.get("description", "")


def _reference(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", schema.get("type", ""))).rpartition("/")[2]


def _table(title: str, rows: list[tuple[str, str, str]]) -> str:
    if not rows:
        return ""
    lines = (f"<tr><td><code>{escape(a)}</code><td>{escape(b)}<td>{escape(c)}</tr>" for a, b, c in rows)
    return f"<p>{title}</p><table>{''.join(lines)}</table>"


def _schemas(document: dict[str, Any]) -> Iterator[str]:
    for name, schema in sorted(document.get("components", {}).get("schemas", {}).items()):
        yield f"<details><summary><code>{escape(name)}</code></summary>{_shown(schema)}</details>"


def _shown(value: Any) -> str:
    return f"<pre>{escape(json.dumps(value, indent=1, ensure_ascii=False))}</pre>"
