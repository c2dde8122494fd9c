"""Requests made up from a service's OpenAPI document, and its answers held to what the document says.

Each operation gets the same few requests in each run: such as the document allows, and such as it forbids.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CheckFunction, load_all_checks, not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from service_kit.plain_app import PlainApp

Operation = tuple[str, str]
"""A method and a path as the document writes it."""
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 8
"""Of each operation, such as are allowed, and again as many that are forbidden."""
ANSWERABLE = {ParameterLocation.PATH, ParameterLocation.QUERY, ParameterLocation.BODY}
REQUEST = {"method", "url", "headers", "files", "data", "params", "auth", "cookies", "json"}
STEADY = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
"""No example is shrunk: all findings of an operation are told at once."""


def operations_of(app: FastAPI | PlainApp) -> list[Operation]:
    """What gives or takes away comes last, so that the rest meets what is there."""
    found = [(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods]
    return sorted(found, key=spoils)


def named(operation: Operation) -> str:
    return " ".join(operation)


def spoils(operation: Operation) -> tuple[bool, int, str]:
    method, path = operation
    ends = method == "DELETE" or path.endswith(("/archive", "/stop", "/password"))
    return ends, -path.count("/") if ends else 0, path


def refusable(case: schemathesis.Case[Any]) -> bool:
    """Whether what is wrong stands in the address or the body: headers that are not known are left alone."""
    parts = case.meta.components if case.meta else {}
    return any(part.mode.is_negative for place, part in parts.items() if place in ANSWERABLE)


def told(answer: httpx.Response, failure: Exception) -> str:
    asked = answer.request
    return f"{failure}\n{asked.method} {asked.url} {asked.content!r}\n{answer.status_code} {answer.text[:500]}"


def in_memory(app: FastAPI | PlainApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://test")


@dataclass
class Conversation:
    """What a client asks of an app, in a loop of its own, one request after the other."""

    app: FastAPI | PlainApp
    runner: asyncio.Runner
    client: httpx.AsyncClient
    places: Mapping[str, str] = field(default_factory=dict)
    """What exists, by the name of the path parameter."""
    headers: dict[str, str] = field(default_factory=dict)
    checks: Sequence[CheckFunction] = (*CHECKS, negative_data_rejection)

    def __post_init__(self) -> None:
        load_all_checks()
        self._schema = schemathesis.openapi.from_dict(self.app.openapi())

    def findings(self, operation: Operation) -> list[str]:
        """What an answer to one of these requests says otherwise than the document."""
        found: list[str] = []
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            found += self._findings(operation, mode)
        return found

    def _findings(self, operation: Operation, mode: schemathesis.GenerationMode) -> list[str]:
        method, path = operation
        described = self._schema[path][method]
        names = {each.name for each in described.path_parameters}
        anywhere = described.as_strategy(generation_mode=mode)
        there = {name: value for name, value in self.places.items() if name in names}
        strategy = anywhere
        if there and (mode.is_positive or described.body or described.query or described.headers):
            existing = described.as_strategy(generation_mode=mode, path_parameters=there)
            strategy = st.one_of(existing, existing, anywhere)
        found: list[str] = []

        @STEADY
        @given(case=strategy)
        def ask(case: schemathesis.Case[Any]) -> None:
            answer = self._answer(case)
            try:
                case.validate_response(answer, checks=list(self.checks if refusable(case) else CHECKS))
            except FailureGroup as failures:
                found.extend(told(answer, failure) for failure in failures.exceptions)

        try:
            ask()
        except Unsatisfiable:
            assert not mode.is_positive
        return found

    def _answer(self, case: schemathesis.Case[Any]) -> httpx.Response:
        given = case.as_transport_kwargs(base_url=str(self.client.base_url))
        sent = requests.Request(**{k: v for k, v in given.items() if k in REQUEST}).prepare()
        assert isinstance(sent.body, str | bytes | None)
        headers = {name: str(value) for name, value in sent.headers.items()} | self.headers
        request = httpx.Request(sent.method or "", sent.url or "", headers=headers, content=sent.body)
        return self.runner.run(self.client.send(request))
