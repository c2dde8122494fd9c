"""Queries about people, for what publishes them."""

from control_plane.people.published_access import PublishedAccess, PublishedMember, PublishedProgram, published_access

__all__ = ["PublishedAccess", "PublishedMember", "PublishedProgram", "published_access"]
