"""The rules of what may be saved: literals, patterns, weights, types and sizes, each error with the path of its field.

`*_errors` give all that is wrong with an entity (at most 100 errors), `validate_*` raise it as one
InvalidConfig. Whether the flags and segments that are named exist, and form no cycle, needs the other
entities: see bucketing.references.
"""

from bucketing.errors import FieldError, InvalidConfig
from bucketing.references import find_cycle, flag_references, remote_config_references, segment_references
from bucketing.validation.conditions import condition_errors, validate_condition
from bucketing.validation.experiments import experiment_errors, validate_experiment
from bucketing.validation.filters import filter_errors, validate_filter
from bucketing.validation.flags import flag_errors, validate_flag
from bucketing.validation.remote_configs import remote_config_errors, validate_remote_config
from bucketing.validation.segments import segment_errors, validate_segment

__all__ = [
    "FieldError",
    "InvalidConfig",
    "condition_errors",
    "experiment_errors",
    "filter_errors",
    "find_cycle",
    "flag_errors",
    "flag_references",
    "remote_config_errors",
    "remote_config_references",
    "segment_errors",
    "segment_references",
    "validate_condition",
    "validate_experiment",
    "validate_filter",
    "validate_flag",
    "validate_remote_config",
    "validate_segment",
]
