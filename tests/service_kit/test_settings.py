"""Types of settings that several services have."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError
from service_kit.settings import LongSecret


@pytest.mark.parametrize("secret", ["", "short", "é" * 15, "x" * 31])
def test_a_secret_has_thirty_two_bytes(secret: str) -> None:
    with pytest.raises(ValidationError, match="at least 32 bytes"):
        TypeAdapter(LongSecret).validate_python(secret)


@pytest.mark.parametrize("secret", ["é" * 16, "x" * 32])
def test_a_secret_of_that_length_is_taken(secret: str) -> None:
    assert TypeAdapter(LongSecret).validate_python(secret).get_secret_value() == secret
