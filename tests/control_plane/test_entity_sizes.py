"""An entity that the bus would not take is refused when it is saved."""

from __future__ import annotations

import pytest
from control_plane.entities.sizes import DOCUMENT_BYTES_MAX, check_size
from service_kit.problems import InvalidInput


def test_a_document_of_the_largest_size_is_taken() -> None:
    check_size(b"x" * DOCUMENT_BYTES_MAX, "rules")


def test_a_larger_one_is_refused_with_the_field_that_is_likely_to_blame() -> None:
    with pytest.raises(InvalidInput) as refused:
        check_size(b"x" * (DOCUMENT_BYTES_MAX + 1), "rules")
    assert [(each.field, each.code) for each in refused.value.errors] == [("rules", "too_large")]
