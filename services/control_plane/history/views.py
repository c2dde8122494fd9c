"""From versions to what is answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from control_plane.changes.patches import in_words, json_patch
from control_plane.changes.versions import Version
from control_plane.history.kinds import Written
from control_plane.history.schemas import (
    ChangedBy,
    ComparisonView,
    VersionDocumentView,
    VersionView,
    WrittenView,
)

_OF_THE_VERSION = frozenset({"version", "updated_at"})
"""What differs between any two versions, and says nothing."""


def content_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a version says of its entity."""
    return {name: value for name, value in document.items() if name not in _OF_THE_VERSION}


def version_view(version: Version) -> VersionView:
    before, after = (None if each is None else content_of(each) for each in (version.before, version.after))
    return VersionView(
        version=version.version,
        entry=version.number,
        at=version.at,
        by=changed_by(version),
        reason=version.reason,
        action=version.action,
        deleted=version.deleted,
        changes=[] if version.large else in_words(before, after),
        abridged=version.large,
    )


def document_view(version: Version) -> VersionDocumentView:
    assert version.after is not None and version.version is not None  # noqa: PT018, S101 - it was found by its number
    return VersionDocumentView(
        version=version.version,
        entry=version.number,
        at=version.at,
        by=changed_by(version),
        reason=version.reason,
        action=version.action,
        document=dict(version.after),
    )


def comparison_view(one: VersionDocumentView, other: VersionDocumentView) -> ComparisonView:
    before, after = content_of(one.document), content_of(other.document)
    return ComparisonView(
        from_version=one.version,
        to_version=other.version,
        changes=in_words(before, after),
        patch=json_patch(before, after),
    )


def written_view(written: Written) -> WrittenView:
    return WrittenView(
        version=written.version,
        document=written.audited(),
        environment_versions=written.environment_versions,
        warnings=getattr(written, "warnings", []),
    )


def changed_by(version: Version) -> ChangedBy:
    return ChangedBy(kind=version.actor_kind, id=version.actor_id, name=version.actor_name)
