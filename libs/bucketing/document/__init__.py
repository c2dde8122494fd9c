"""The configuration as JSON: the authoring form of conditions and rollouts, and whole config documents.

Reading checks the shape and raises InvalidConfig with the path of the first field that is wrong; whether the
content can be saved is the business of bucketing.validation. Writing gives the canonical form.
"""

from bucketing.document.conditions import condition_from_document, condition_to_document
from bucketing.document.experiments import experiment_from_document, experiment_to_document
from bucketing.document.flags import flag_from_document, flag_to_document
from bucketing.document.flagsets import flagset_from_document, flagset_to_document, named
from bucketing.document.remote_configs import (
    override_from_document,
    override_to_document,
    remote_config_from_document,
    remote_config_to_document,
)
from bucketing.document.segments import (
    chunk_from_document,
    chunk_to_document,
    segment_from_document,
    segment_to_document,
)
from bucketing.document.serves import serve_from_document, serve_to_document

__all__ = [
    "chunk_from_document",
    "chunk_to_document",
    "condition_from_document",
    "condition_to_document",
    "experiment_from_document",
    "experiment_to_document",
    "flag_from_document",
    "flag_to_document",
    "flagset_from_document",
    "flagset_to_document",
    "named",
    "override_from_document",
    "override_to_document",
    "remote_config_from_document",
    "remote_config_to_document",
    "segment_from_document",
    "segment_to_document",
    "serve_from_document",
    "serve_to_document",
]
