"""The one navigation: guides by role, then references; a page that no section names stands where its folder does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Section:
    """Pages in their order, each with its title or with the one that it gives itself. `folders`: whose other pages
    follow."""

    title: str
    entries: Sequence[str | tuple[str, str] | Section] = ()
    folders: Sequence[str] = field(default=())


SECTIONS: tuple[Section, ...] = (
    Section("Start", ("index.md", ("Five-minute tour", "tour.md"), ("A real experiment", "example.md"), "glossary.md")),
    Section(
        "Developers",
        (
            "developers.md",
            Section("Integration", ("integration/README.md",), ("integration",)),
            Section(
                "SDKs", ("sdks.md", "sdks/python.md", "sdks/node.md", "sdks/web.md", "sdks/go.md", "sdks/engine.md")
            ),
            "evaluation.md",
            "edge.md",
            "events.md",
            "conformance.md",
        ),
    ),
    Section("Admins", ("admins.md", "ui.md", "api-guide.md", "rights.md")),
    Section("Analysts", ("analysts.md", "analytics.md", "statistics.md", "exports.md")),
    Section(
        "Platform teams",
        (
            "platform-teams.md",
            Section(
                "Install",
                (
                    "operations/install.md",
                    ("The chart", "operations/chart.md"),
                    ("Manifests", "operations/manifests.md"),
                ),
            ),
            Section("Run", ("workers.md", "reliability.md", "recovery.md"), ("operations", "")),
            Section("Figures", ("benchmarks.md",)),
            Section("Runbooks", ("operations/runbooks/README.md",), ("operations/runbooks",)),
            "security.md",
        ),
    ),
    Section(
        "Reference",
        (
            "reference.md",
            Section("Control plane", ("reference/control-plane/index.md",), ("reference/control-plane",)),
            Section("Edge", ("reference/edge/index.md",), ("reference/edge",)),
            Section("Events", ("reference/events/index.md",), ("reference/events",)),
            Section("Analytics", ("reference/analytics/index.md",), ("reference/analytics",)),
            Section("Messages", ("reference/proto/index.md",), ("reference/proto",)),
            "reference/settings.md",
            "operations/metrics.md",
            "changelog.md",
        ),
    ),
    Section(
        "Contributing",
        (
            "contributing.md",
            "architecture.md",
            ("The pages", "web.md"),
            ("Golden cases", "vectors.md"),
            Section("Decisions", ("decisions/README.md",), ("decisions",)),
        ),
    ),
)


def navigation(pages: Iterable[str]) -> list[Any]:
    """As mkdocs takes it; each of these pages once."""
    left = sorted(set(pages) - set(_named(SECTIONS)))
    built = [_section(each, left) for each in SECTIONS]
    if left:
        raise ValueError(f"no section takes {', '.join(left)}")
    return built


def _named(sections: Iterable[Section]) -> Iterable[str]:
    for section in sections:
        for entry in section.entries:
            if isinstance(entry, Section):
                yield from _named([entry])
            else:
                yield entry if isinstance(entry, str) else entry[1]


def _section(section: Section, left: list[str]) -> dict[str, Any]:
    entries: list[Any] = []
    for entry in section.entries:
        if isinstance(entry, Section):
            entries.append(_section(entry, left))
        else:
            entries.append(entry if isinstance(entry, str) else {entry[0]: entry[1]})
    for folder in section.folders:
        found = [each for each in left if each.rpartition("/")[0] == folder]
        for each in found:
            left.remove(each)
        entries.extend(found)
    return {section.title: entries}
