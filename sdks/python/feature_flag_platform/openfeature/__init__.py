"""OpenFeature: a provider over the client, one in memory for tests, and a hook that tells OpenTelemetry of evaluations.

The extra `openfeature` has what it needs, and `opentelemetry` what the hook needs."""

from feature_flag_platform.openfeature.in_memory import InMemoryProvider
from feature_flag_platform.openfeature.provider import FeatureFlagProvider

__all__ = ["FeatureFlagProvider", "InMemoryProvider"]
