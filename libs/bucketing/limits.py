"""Limits on the size of a configuration; docs/evaluation.md lists the same numbers."""

ATTRIBUTE_NAME_BYTES_MAX = 256
CONDITION_DEPTH_MAX = 16
FLAG_COMPARISONS_MAX = 2_000
SEGMENT_COMPARISONS_MAX = 2_000
FILTER_COMPARISONS_MAX = 50
FILTER_BYTES_MAX = 64 * 1024
"""Of the document of a condition by which events are chosen."""
LITERAL_TEXT_BYTES_MAX = 4_096
LITERAL_LIST_MAX = 10_000
FLAG_RULES_MAX = 500
FLAG_VARIATIONS_MAX = 100
FLAG_TARGETS_MAX = 10_000
FLAG_PREREQUISITES_MAX = 20
VARIATION_BYTES_MAX = 65_536
VARIATION_DEPTH_MAX = 32
DESCRIPTION_BYTES_MAX = 1_024
SEGMENT_KEYS_MAX = 20_000
LONG_LIST_KEYS_MAX = 1_000_000
"""Of each kind, included and excluded."""
UNIT_KEY_BYTES_MAX = 1_024
CONFIG_OVERRIDES_MAX = 100
MERGED_OVERRIDES_MAX = 10
"""Where all that match apply: each of their 1,024 combinations is checked when they are saved."""
EXPERIMENT_HOLDOUTS_MAX = 20
FLAG_DESCRIPTION_BYTES_MAX = 8_000
METADATA_ENTRIES_MAX = 50
METADATA_NAME_BYTES_MAX = 128
METADATA_TEXT_BYTES_MAX = 1_024
METADATA_RESERVED = frozenset(
    {
        "ageSeconds",
        "experiment",
        "experiments",
        "flagSetId",
        "override",
        "prerequisite",
        "reportExposures",
        "split",
        "unitKey",
        "version",
    }
)
"""What answers say in their metadata beside the flag's own."""
CONFIG_METADATA_RESERVED = METADATA_RESERVED | {"invalid_combination", "overrides"}
"""The same of a remote config."""
EXPOSURE_ATTRIBUTES_MAX = 20
"""Names of attributes, of a flag and of an environment each, that reported exposures carry."""
INTEGER_MAX = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly."""

ENTITY_KEY_PATTERN = r"[a-z0-9][a-z0-9._-]{0,127}"
VARIATION_KEY_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
