"""Why a flag serves what it serves: the ordered trace of one evaluation.

The trace is recorded by the flag's own generated function, written by the same statements with a probe around
each step, and then told in the words of the authoring form.
"""

from bucketing.explanation.abridged import abridged, abridged_explanation
from bucketing.explanation.flags import Explanation, ExplanationRequest, explain
from bucketing.explanation.segments import memberships

__all__ = [
    "Explanation",
    "ExplanationRequest",
    "abridged",
    "abridged_explanation",
    "explain",
    "memberships",
]
