"""The rule engine: plain data in, a decision out. No clock, no logger, no input or output."""

from bucketing.compiled import CompiledFlagSet, compile_flagset
from bucketing.decision import Decision, ErrorCode, Reason
from bucketing.errors import FieldError, InvalidConfig
from bucketing.explanation import Explanation
from bucketing.flagset import ALGORITHM, BUCKET_COUNT
from bucketing.hashing import bucket, unit_key

__all__ = [
    "ALGORITHM",
    "BUCKET_COUNT",
    "CompiledFlagSet",
    "Decision",
    "ErrorCode",
    "Explanation",
    "FieldError",
    "InvalidConfig",
    "Reason",
    "bucket",
    "compile_flagset",
    "unit_key",
]
