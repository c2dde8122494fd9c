"""Edits: writes of entities as documents, which somebody can look at before they are made.

An `EditKind` is one entity's; what is alike for those that an `EntityService` keeps is `EntityEdits`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeVar

from pydantic import BaseModel, ValidationError
from service_kit.problems import FieldError, InvalidInput, NotFound
from service_kit.validation_words import field_errors

from control_plane.access import Actor
from control_plane.entities.merge import Parts, Whole
from control_plane.entities.models import Edit
from control_plane.entities.service import EntityService
from control_plane.entities.transactions import ProjectTransactions

COMMON_PARTS: Parts = {"tags": Whole.VALUES}
_STATES = ("archive", "restore", "delete")
Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of an entity, as the audit log would keep it, and its version."""

    document: Mapping[str, Any]
    version: int


@dataclass(frozen=True, slots=True)
class EditDetails:
    """An edit as it is kept, with what an entity's document doesn't say of what it changes: told beside what stood and
    what would stand. `audited`: its document where another one goes to the audit log."""

    edit: Edit
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    audited: Mapping[str, Any] | None = None


class EditKind(Protocol):
    """The edits of one entity. What it is asked comes with a project's id and is done by the feature's own service."""

    @property
    def entity(self) -> str: ...
    @property
    def noun(self) -> str:
        """What the rights call it."""

    @property
    def actions(self) -> Sequence[str]: ...
    @property
    def in_environment(self) -> bool:
        """Whether an edit names an environment."""

    @property
    def parts(self) -> Parts: ...
    def checked(self, edit: Edit) -> Edit:
        """With the document as it is kept. Raises `InvalidInput` with paths in the document."""

    def is_about_all(self, edit: Edit) -> bool:
        """Whether the whole entity is put into service by it, and not only what the document names."""

    def authored(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """The fields of an update that would make the entity what it is in this document of the audit log."""

    async def standing(self, actor: Actor, project: str, edit: Edit) -> Standing | None: ...
    async def details(self, actor: Actor, project: str, edit: Edit) -> EditDetails:
        """Before it is made, of an entity that may not be there."""

    async def make(self, actor: Actor, project: str, edit: Edit, expected: int) -> None:
        """Makes it. `expected` is the version that stands; of a creation it means nothing."""


EditKinds = Callable[[ProjectTransactions], Mapping[str, EditKind]]
"""The kinds of edits by their entity, on the transactions that they are made in."""


class PlainEdits:
    """Edits of which everything stands in the entity's document."""

    async def details(self, actor: Actor, project: str, edit: Edit) -> EditDetails:  # noqa: ARG002
        return EditDetails(edit)


class EntityEdits(PlainEdits):
    """The edits of what an `EntityService` keeps."""

    in_environment: ClassVar[bool] = False

    def __init__(self, service: EntityService[Any], parts: Parts = COMMON_PARTS) -> None:
        self._service = service
        self.parts = parts

    @property
    def entity(self) -> str:
        return self._service.kind

    @property
    def noun(self) -> str:
        return self._service.kind

    @property
    def actions(self) -> Sequence[str]:
        return ("create", "update", *_STATES)

    def checked(self, edit: Edit) -> Edit:
        form = self.form(edit)
        if form is None:
            refuse_document(edit)
        else:
            read_document(form, self._with_key(edit))
        return edit

    def form(self, edit: Edit) -> type[BaseModel] | None:
        """What the document must be; None where there is nothing to say."""
        return {"create": self._service.creation, "update": self._service.patch}.get(edit.action)

    def is_about_all(self, edit: Edit) -> bool:
        return edit.action == "restore"

    def authored(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._service.authored(document)

    async def standing(self, actor: Actor, project: str, edit: Edit) -> Standing | None:
        try:
            view = await self._service.read(actor, project, edit.key)
        except NotFound:
            return None
        return Standing(view.audited(), view.version)

    async def make(self, actor: Actor, project: str, edit: Edit, expected: int) -> None:
        service = self._service
        if edit.action == "create":
            await service.create(actor, project, read_document(service.creation, self._with_key(edit)))
        elif edit.action == "update":
            await service.change(actor, project, edit.key, expected, read_document(service.patch, edit.document))
        elif edit.action == "archive":
            await service.archive(actor, project, edit.key, expected)
        elif edit.action == "restore":
            await service.restore(actor, project, edit.key, expected)
        else:
            await service.delete(actor, project, edit.key, expected)

    def _with_key(self, edit: Edit) -> Mapping[str, Any]:
        """A creation's body has the key in it; it may be left out where the edit says it already."""
        if edit.action != "create":
            return edit.document
        if edit.document.get("key", edit.key) != edit.key:
            raise InvalidInput([FieldError("key", "another_key", f"the edit is about {edit.key!r}")])
        return {**edit.document, "key": edit.key}


def read_document(form: type[Body], document: Mapping[str, Any]) -> Body:
    """Raises `InvalidInput` with the path of each field that is wrong, as the API's own endpoint does."""
    try:
        return form.model_validate(dict(document))
    except ValidationError as error:
        raise InvalidInput(field_errors(error.errors(), within=("body",))) from error


def refuse_document(edit: Edit) -> None:
    """Raises `InvalidInput` where a document is given that says nothing."""
    if edit.document:
        raise InvalidInput(
            [
                FieldError(name, "extra_forbidden", f"{edit.action} takes no document")
                for name in list(edit.document)[:20]
            ]
        )
