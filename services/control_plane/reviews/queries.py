"""Queries about change requests, for other features."""

from __future__ import annotations

from control_plane.reviews.records import readable as readable_nouns

__all__ = ["readable_nouns"]
