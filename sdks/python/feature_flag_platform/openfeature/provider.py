"""The provider over a client."""

from __future__ import annotations

from typing import Any

from bucketing.flagset import FlagType
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEventDetails
from openfeature.exception import ErrorCode, GeneralError, ProviderFatalError
from openfeature.track import TrackingEventDetails

from feature_flag_platform.client import FeatureFlagClient
from feature_flag_platform.evaluation.details import Detail
from feature_flag_platform.listeners import Change
from feature_flag_platform.openfeature.resolving import ResolvingProvider
from feature_flag_platform.status import Source, State

READY_SECONDS = 5.0


class FeatureFlagProvider(ResolvingProvider):
    """Answers by a client, tells its states and changes as events, and tracks by metric events.

    Exposures and usage go as the client's. Shutting the provider down closes the client."""

    def __init__(self, client: FeatureFlagClient, ready_seconds: float = READY_SECONDS) -> None:
        """`ready_seconds`: how long `initialize` waits for a configuration; without one the provider is in error until
        it has come."""
        super().__init__()
        self._client = client
        self._ready_seconds = ready_seconds
        self._state = State.STARTING
        self._end = client.on_change(self._changed)
        client.on_state(self._is_now)

    def initialize(self, evaluation_context: EvaluationContext) -> None:  # noqa: ARG002
        """Raises ProviderFatalError for a refused key, and GeneralError where nothing is held in time."""
        if self._client.ready(self._ready_seconds):
            return
        status = self._client.status()
        if status.state is State.REFUSED:
            raise ProviderFatalError(status.last_error)
        raise GeneralError(status.last_error or "no configuration is held yet")

    def shutdown(self) -> None:
        self._end()
        self._client.close()

    def resolve(self, flag: str, default: Any, wanted: FlagType, context: EvaluationContext | None) -> Detail:
        return self._client.typed_detail(flag, context, default, wanted)

    def track(
        self,
        tracking_event_name: str,
        evaluation_context: EvaluationContext | None = None,
        tracking_event_details: TrackingEventDetails | None = None,
    ) -> None:
        """A metric event: the value of the details is its value, the rest are its properties."""
        details = tracking_event_details or TrackingEventDetails()
        self._client.track_metric(tracking_event_name, details.value, evaluation_context, details.attributes)

    def _changed(self, change: Change) -> None:
        if hasattr(self, "_on_emit"):
            self.emit_provider_configuration_changed(ProviderEventDetails(flags_changed=list(change.flags)))

    def _is_now(self, state: State) -> None:
        before, self._state = self._state, state
        if not hasattr(self, "_on_emit") or state is before:
            return
        status = self._client.status()
        message = status.last_error
        if state is State.READY:
            self.emit_provider_ready(ProviderEventDetails())
        elif state is State.STALE:
            self.emit_provider_stale(ProviderEventDetails(message=message))
        elif state is State.REFUSED:
            # OpenFeature asks a provider that is fatal no more; what is held goes on to be served.
            code = ErrorCode.PROVIDER_FATAL if status.source is Source.NONE else ErrorCode.GENERAL
            self.emit_provider_error(ProviderEventDetails(message=message, error_code=code))
