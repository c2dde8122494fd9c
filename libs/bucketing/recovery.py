"""The decision of an evaluation that could not be finished."""

from __future__ import annotations

from collections.abc import Mapping

from bucketing.decision import Decision, ErrorCode, failure
from bucketing.errors import EvaluationFailed
from bucketing.flagset import Flag
from bucketing.programs import Context


def unknown_flag(flag_key: object) -> Decision:
    """FLAG_NOT_FOUND."""
    return failure(flag_key if isinstance(flag_key, str) else "", ErrorCode.FLAG_NOT_FOUND, "there is no such flag")


def recovered(flag: Flag, context: Context, error: Exception) -> Decision:
    """The error decision that stands for an exception; its text never repeats the context."""
    if isinstance(error, EvaluationFailed):
        return failure(flag.key, error.code, error.message, flag.version)
    if not isinstance(context, Mapping):
        return failure(flag.key, ErrorCode.INVALID_CONTEXT, "the context must be an object", flag.version)
    message = f"the evaluation failed: {type(error).__name__}"
    return failure(flag.key, ErrorCode.GENERAL, message, flag.version)
