"""The reference of a service's API: a page for each group of operations, and one for what they share."""

from __future__ import annotations

import json
import re
from collections import defaultdict

from deploy.site.references.agreed_api import Api, Operation
from deploy.site.references.schema_words import Schema, SchemaWords, anchor
from deploy.site.references.tables import cell, code, table

_SCHEMAS = "schemas.md"
_PROBLEM = "Problem"
_FIELDS = ("field", "type", "", "meaning")


def api_pages(api: Api, about: str) -> dict[str, str]:
    """The pages by their place below the reference's folder; `index.md` is among them. `about`: what the API is for."""
    groups: dict[str, list[Operation]] = defaultdict(list)
    for each in api.operations:
        groups[each.tag].append(each)
    words = SchemaWords(_SCHEMAS)
    pages = {file_of(tag): _group(tag, each, words) for tag, each in sorted(groups.items())}
    pages["index.md"] = _index(api, about, groups)
    if api.schemas:
        pages[_SCHEMAS] = _schemas(api)
    return pages


def file_of(tag: str) -> str:
    return f"{re.sub(r'[^a-z0-9]+', '-', tag.lower()).strip('-')}.md"


def _index(api: Api, about: str, groups: dict[str, list[Operation]]) -> str:
    lines = [f"# {api.title}", about]
    if api.schemas:
        lines.append(f"What bodies and answers share stands under [schemas]({_SCHEMAS}).")
    for tag, operations in sorted(groups.items()):
        lines.append(f"## [{_title(tag)}]({file_of(tag)})")
        rows = [
            [
                f"[`{each.method.upper()} {each.path}`]({file_of(tag)}#{each.anchor})",
                cell(str(each.document.get("summary", ""))),
            ]
            for each in operations
        ]
        lines.append(table(("operation", "what it does"), rows))
    return "\n\n".join(lines) + "\n"


def _group(tag: str, operations: list[Operation], words: SchemaWords) -> str:
    parts = [f"# {_title(tag)}", *(_operation(each, words) for each in operations)]
    return "\n\n".join(parts) + "\n"


def _operation(operation: Operation, words: SchemaWords) -> str:
    told = operation.document
    parts = [f"## `{operation.method.upper()} {operation.path}` {{ #{operation.anchor} }}"]
    parts.append(f"**{cell(str(told.get('summary', '')))}**")
    if told.get("description"):
        parts.append(str(told["description"]))
    rows = [
        [
            code(each["name"]),
            each["in"],
            words.phrase(each.get("schema", {})),
            "required" if each.get("required") else "",
            cell(str(each.get("description", ""))),
        ]
        for each in told.get("parameters", [])
    ]
    if rows:
        parts.append(table(("parameter", "in", "type", "", "meaning"), rows))
    for media, content in told.get("requestBody", {}).get("content", {}).items():
        parts.append(_body(f"Body, `{media}`", content.get("schema", {}), words))
    parts.append(_answers(told.get("responses", {}), words))
    return "\n\n".join(each for each in parts if each)


def _body(title: str, schema: Schema, words: SchemaWords) -> str:
    fields = table(_FIELDS, list(words.rows(schema)))
    return f"{title}:\n\n{fields}" if fields else f"{title}: {words.phrase(schema)}"


def _answers(responses: dict[str, Schema], words: SchemaWords) -> str:
    """A row for each answer; refusals that are all alike share one."""
    alike: dict[str, list[str]] = defaultdict(list)
    refused = []
    for status, answer in responses.items():
        if any(_is_problem(each.get("schema", {})) for each in answer.get("content", {}).values()):
            refused.append(status)
        else:
            alike[json.dumps(answer, sort_keys=True)].append(status)
    rows, bodies = [], []
    for told, statuses in alike.items():
        answer, status, kinds = json.loads(told), ", ".join(statuses), []
        for media, each in answer.get("content", {}).items():
            schema = each.get("schema", {})
            if schema.get("properties"):
                kinds.append(f"`{media}`, see below")
                bodies.append(_body(f"Answer {status}", schema, words))
            else:
                kinds.append(f"`{media}`: {words.phrase(schema)}")
        rows.append([status, " or ".join(kinds), cell(str(answer.get("description", "")))])
    parts = [table(("answer", "body", "meaning"), rows), *bodies]
    if refused:
        parts.append(f"Refusals: {', '.join(refused)}, each a [{_PROBLEM}]({_SCHEMAS}#{anchor(_PROBLEM)}).")
    return "\n\n".join(each for each in parts if each)


def _is_problem(schema: Schema) -> bool:
    return str(schema.get("$ref", "")).endswith(f"/{_PROBLEM}")


def _schemas(api: Api) -> str:
    words = SchemaWords("")
    parts = ["# Schemas"]
    for name, schema in sorted(api.schemas.items()):
        parts.append(f"## {name} {{ #{anchor(name)} }}")
        if schema.get("description"):
            parts.append(cell(str(schema["description"])))
        parts.append(table(_FIELDS, list(words.rows(schema))) or f"{words.phrase(schema)}")
    return "\n\n".join(parts) + "\n"


def _title(tag: str) -> str:
    return tag[:1].upper() + tag[1:]
