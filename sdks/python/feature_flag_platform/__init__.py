"""Feature flags and experiments: `FeatureFlagClient` evaluates in the process, and tells what users saw and did."""

from feature_flag_platform.client import FeatureFlagClient
from feature_flag_platform.evaluation.details import Detail, Experiment
from feature_flag_platform.listeners import Change
from feature_flag_platform.options import Options
from feature_flag_platform.status import EventFigures, Mode, Source, State, Status
from feature_flag_platform.version import __version__ as __version__

__all__ = [
    "Change",
    "Detail",
    "EventFigures",
    "Experiment",
    "FeatureFlagClient",
    "Mode",
    "Options",
    "Source",
    "State",
    "Status",
]
