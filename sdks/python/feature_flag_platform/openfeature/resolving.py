"""Resolving: what both providers share, from a client's detail to OpenFeature's."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from bucketing.flagset import FlagType
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType
from openfeature.provider import AbstractProvider, Metadata

from feature_flag_platform.evaluation.details import Detail

Structure = Sequence[FlagValueType] | Mapping[str, FlagValueType]


class ResolvingProvider(AbstractProvider):
    """Answers the five types by one method."""

    name = "feature-flag-platform"

    def get_metadata(self) -> Metadata:
        return Metadata(self.name)

    @abstractmethod
    def resolve(self, flag: str, default: Any, wanted: FlagType, context: EvaluationContext | None) -> Detail:
        """The detail of a flag that must be of the type `wanted`; never raises."""

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[bool]:
        return self._resolved(flag_key, default_value, FlagType.BOOLEAN, evaluation_context)

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        return self._resolved(flag_key, default_value, FlagType.STRING, evaluation_context)

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        return self._resolved(flag_key, default_value, FlagType.INTEGER, evaluation_context)

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        return self._resolved(flag_key, default_value, FlagType.NUMBER, evaluation_context)

    def resolve_object_details(
        self, flag_key: str, default_value: Structure, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[Structure]:
        return self._resolved(flag_key, default_value, FlagType.OBJECT, evaluation_context)

    def _resolved(
        self, flag: str, default: Any, wanted: FlagType, context: EvaluationContext | None
    ) -> FlagResolutionDetails[Any]:
        detail = self.resolve(flag, default, wanted, context)
        metadata = dict(detail.metadata)
        if context is not None and context.targeting_key:
            metadata["contextId"] = context.targeting_key
        return FlagResolutionDetails(
            value=detail.value,
            variant=detail.variant,
            reason=detail.reason,
            error_code=None if detail.error_code is None else ErrorCode(detail.error_code),
            error_message=detail.error_message,
            flag_metadata=metadata,
        )
