"""Usage as it travels on: the minute that it is of, and counts whose keys and names are in their usual form."""

from __future__ import annotations

import re

from bucketing.limits import VARIATION_KEY_PATTERN
from messages.events import MINUTE_MS, UsageCount, UsageLine

from event_ingestor.admission.event_types import UsageEvent
from event_ingestor.admission.refusals import Reason

USAGE_AGE_MAX_MS = 86_400_000
_is_key = re.compile(VARIATION_KEY_PATTERN).fullmatch
_is_sdk = re.compile(r"[!-~]+(?: [!-~]+)*").fullmatch


def usage_line(event: UsageEvent, milliseconds: int, received_at: int) -> UsageLine | Reason:
    """The event as it travels on, or why it does not. `milliseconds`: when it says that it was."""
    if milliseconds < received_at - USAGE_AGE_MAX_MS:
        return Reason("timestamp_too_old", "timestamp: usage may be a day old")
    for index, count in enumerate(event.counts):
        if found := _fault(count):
            return Reason(found.code, f"counts[{index}].{found.detail}")
    return UsageLine(event.event_id, milliseconds - milliseconds % MINUTE_MS, event.counts)


def _fault(count: UsageCount) -> Reason | None:
    if count.flag and not _is_key(count.flag):
        return Reason("invalid_key", "flag: must be a key: letters, digits, '.', '_' and '-'")
    if not count.flag and count.error != "FLAG_NOT_FOUND":
        return Reason("empty_field", "flag: may be empty only of keys that are unknown (FLAG_NOT_FOUND)")
    if "\0" in count.variation:
        return Reason("nul_character", "variation: holds the character NUL")
    if count.sdk and not _is_sdk(count.sdk):
        return Reason("invalid_sdk", "sdk: must be printable ASCII, such as node/1.2.0")
    if bool(count.error) is not (count.reason == "ERROR"):
        return Reason("error_without_reason", "error: is said of reason ERROR, and of no other")
    return None
