"""What is wrong with an installation, in words: all parts are asked, nothing is changed."""

from __future__ import annotations

from control_plane.diagnosis.command import Installation

__all__ = ["Installation"]
