"""Finds what has a name in a project, as far as whoever asks may read it."""

from __future__ import annotations

from collections.abc import Sequence

from control_plane.access import Actor, OrganizationScope, ProjectScope, Right, require, tenancy_of
from control_plane.database import Database
from control_plane.environments.queries import environments_of, resolve_project
from control_plane.reviews.queries import readable_nouns
from control_plane.search.kinds import SOURCES, Kind
from control_plane.search.queries import Found, Readable, Sought, search
from control_plane.search.schemas import SearchAnswer, SearchItem

WORDS_MAX = 8
SNIPPET_LENGTH = 120


class Search:
    """Of one project at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(
        self, actor: Actor, project: str, text: str, kinds: Sequence[Kind] | None, limit: int
    ) -> SearchAnswer:
        """The best first: a key or a name, how it begins, a word, a part, a description. Kinds that one may not read
        are left out. Raises `NotFound` and `MissingRight`."""
        sought = _number(text.strip())
        words = list(dict.fromkeys(sought.lower().split()))[:WORDS_MAX]
        async with self._database.transaction(tenancy=tenancy_of(actor)) as tx:
            scope = await resolve_project(tx, actor, project)
            require(actor, Right.PROJECT_READ, scope)
            wanted = [each for each in kinds or Kind if _may_read(actor, each, scope)]
            if not (words and wanted):
                return SearchAnswer(items=[], more=False)
            there = [(each.id, each.within(scope)) for each in await environments_of(tx, scope)]
            readable = Readable(
                kinds=wanted,
                flags_in=[at for at, around in there if actor.may(Right.FLAG_READ, around)],
                environments=[at for at, around in there if actor.may(Right.ENVIRONMENT_READ, around)],
                nouns=readable_nouns(actor, scope),
            )
            found = await search(tx, scope, Sought(sought, words, limit + 1), readable)
        return SearchAnswer(items=[_item(each, words) for each in found[:limit]], more=len(found) > limit)


def _may_read(actor: Actor, kind: Kind, scope: ProjectScope) -> bool:
    asked = OrganizationScope(scope.organization_id) if kind is Kind.MEMBER else scope
    return actor.may(SOURCES[kind].right, asked)


def _number(text: str) -> str:
    """`#12` is a change request."""
    return text[1:] if text.startswith("#") and text[1:].isdigit() else text


def _item(found: Found, words: Sequence[str]) -> SearchItem:
    return SearchItem(
        kind=found.kind,
        id=found.id,
        key=found.key,
        name=found.name,
        environment=found.environment,
        archived=found.archived,
        snippet=_snippet(found, words),
    )


def _snippet(found: Found, words: Sequence[str]) -> str:
    """From where a word stands that neither key nor name has, else from the beginning."""
    text = " ".join(found.text.split())
    named = f"{found.key} {found.name}".lower()
    positions = [text.lower().find(each) for each in words if each not in named]
    at = min((each for each in positions if each >= 0), default=0)
    begin = 0 if at < SNIPPET_LENGTH // 2 else text.rfind(" ", 0, at - SNIPPET_LENGTH // 4) + 1
    piece = text[begin : begin + SNIPPET_LENGTH]
    return ("… " if begin else "") + piece + (" …" if begin + SNIPPET_LENGTH < len(text) else "")
