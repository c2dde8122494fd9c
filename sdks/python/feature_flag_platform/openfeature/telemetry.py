"""A hook that tells OpenTelemetry of evaluations by log events, with the names of the semantic conventions.

It needs the extra `opentelemetry`; the logger provider is the application's."""

from __future__ import annotations

from typing import Any

from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import FlagEvaluationDetails, FlagValueType
from openfeature.hook import Hook, HookContext, HookHints
from opentelemetry._logs import Logger, SeverityNumber, get_logger

from feature_flag_platform.version import __version__

EVENT = "feature_flag.evaluation"
KEY = "feature_flag.key"
VARIANT = "feature_flag.result.variant"
VALUE = "feature_flag.result.value"
REASON = "feature_flag.result.reason"
PROVIDER_NAME = "feature_flag.provider.name"
CONTEXT_ID = "feature_flag.context.id"
SET_ID = "feature_flag.set.id"
VERSION = "feature_flag.version"
ERROR_TYPE = "error.type"
ERROR_MESSAGE = "error.message"


class EvaluationEventsHook(Hook):
    """One event for each evaluation, whether it gave a value or an error."""

    def __init__(self, logger: Logger | None = None) -> None:
        """`logger`: by default one of the global logger provider."""
        self._logger = logger or get_logger("feature-flag-platform", __version__)

    def finally_after(
        self,
        hook_context: HookContext,
        details: FlagEvaluationDetails[FlagValueType],
        hints: HookHints,  # noqa: ARG002
    ) -> None:
        attributes = event_attributes(hook_context, details)
        self._logger.emit(event_name=EVENT, severity_number=SeverityNumber.INFO, attributes=attributes)


def event_attributes(hook_context: HookContext, details: FlagEvaluationDetails[Any]) -> dict[str, Any]:
    """The attributes of an evaluation's event. The value stands in it where no variant says it."""
    metadata = details.flag_metadata
    provider = hook_context.provider_metadata
    told = {
        KEY: details.flag_key,
        VARIANT: details.variant,
        VALUE: details.value if details.variant is None else None,
        REASON: str(details.reason or "UNKNOWN").lower(),
        PROVIDER_NAME: None if provider is None else provider.name,
        CONTEXT_ID: metadata.get("contextId") or hook_context.evaluation_context.targeting_key,
        SET_ID: metadata.get("flagSetId"),
        VERSION: metadata.get("version"),
    }
    if details.error_code is not None or details.reason == "ERROR":
        told[ERROR_TYPE] = (details.error_code or ErrorCode.GENERAL).value.lower()
        told[ERROR_MESSAGE] = details.error_message
    return {name: value for name, value in told.items() if value is not None}
