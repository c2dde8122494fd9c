"""An app of FastAPI, whose models check requests and describe them, with what every service shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI

from service_kit.described_refusals import describe_refusals
from service_kit.health import Check
from service_kit.http import Refusal, Shell, furnish
from service_kit.operations import Operation, long_name, paths_of
from service_kit.problems import PROBLEM_SCHEMA
from service_kit.reasons import REASON_PARAMETER
from service_kit.validation_problems import install_validation_handler


def create_app(
    title: str, shell: Shell, *, checks: Mapping[str, Check], refusal: Refusal | None = None, **options: Any
) -> FastAPI:
    """With `/openapi.json`, and what `furnish` gives each app."""
    app = _Service(
        title=title,
        version=version("verdict-platform"),
        docs_url=None,
        redoc_url=None,
        lifespan=shell.lifespan,
        strict_content_type=False,
        **options,
    )
    app.takes_reasons = shell.takes_reasons
    app.named = options.get("generate_unique_id_function", long_name)
    install_validation_handler(app)
    app.shared = furnish(app, shell, app.openapi, checks=checks, refusal=refusal)
    return app


class _Service(FastAPI):
    takes_reasons = False
    shared: Sequence[Operation] = ()
    named: Callable[[Any], str] = staticmethod(long_name)

    def openapi(self) -> dict[str, Any]:
        """The document with the schema of problems, what any operation refuses, and the header of every write."""
        if self.openapi_schema is None:
            document = super().openapi()
            document["paths"] = paths_of(self.shared, self.named) | document["paths"]
            document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
            describe_refusals(document)
            if self.takes_reasons:
                _add_reasons(document)
        return super().openapi()


def _add_reasons(document: dict[str, Any]) -> None:
    for operations in document["paths"].values():
        for method, operation in operations.items():
            if method != "get":
                operation.setdefault("parameters", []).append(REASON_PARAMETER)
