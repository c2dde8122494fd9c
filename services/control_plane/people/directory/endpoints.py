"""SCIM 2.0 at `/scim/v2/{organization}`: discovery, people, groups, searches. It describes itself, as SCIM has it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from scim2_models import Context, ListResponse, Meta, PatchOp, Resource, ResourceType, ResponseParameters, Schema
from service_kit.problems import NotFound, PreconditionFailed
from starlette.exceptions import HTTPException

from control_plane.database import ACCOUNTS, Connection, Database
from control_plane.people.directory.client import Client, bearer_of, find_client
from control_plane.people.directory.forms import MEDIA_TYPE, SERVICE
from control_plane.people.directory.kinds import Groups, Kind, People, version_of
from control_plane.people.directory.routes import DirectoryRoute, body_of
from control_plane.people.directory.search import request_of, search
from control_plane.people.provisioned_members import Host
from control_plane.quotas import Quotas

_KINDS: tuple[Kind, ...] = (People(), Groups())
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_KNOWN = re.compile(r"(ServiceProviderConfig|(Users|Groups|Schemas|ResourceTypes)(/[^/]+)?|\.search)/?")


class Directory:
    """What the endpoints work with. `public_url`: where this service is reached; empty: where the request did."""

    def __init__(self, *, database: Database, quotas: Quotas, public_url: str = "") -> None:
        self.database = database
        self.quotas = quotas
        self._public_url = public_url

    async def client(self, request: Request) -> Client:
        """Raises `Unauthorized`, and `NotFound` at another organization's address."""
        bearer = bearer_of(request)
        async with self.database.transaction(tenancy=ACCOUNTS) as tx:
            base_url = self._public_url or str(request.base_url)
            return await find_client(tx, bearer, request.path_params["organization"], base_url)

    @asynccontextmanager
    async def work(self, client: Client) -> AsyncIterator[Connection]:
        """A transaction for the organization, which looks for accounts by their addresses as well."""
        async with self.database.transaction(tenancy=ACCOUNTS) as tx:
            await tx.enter([client.organization_id])
            yield tx


def build_router(directory: Directory) -> APIRouter:
    router = APIRouter(prefix="/scim/v2/{organization}", route_class=DirectoryRoute, include_in_schema=False)
    _add_discovery(router, directory)
    for kind in _KINDS:
        _add_reads(router, directory, kind)
        _add_writes(router, directory, kind)
    _add_search(router, directory, "", _KINDS)
    _add_others(router, directory)
    return router


def _add_discovery(router: APIRouter, directory: Directory) -> None:
    @router.get("/ServiceProviderConfig")
    async def scim_configuration(request: Request) -> Response:
        client = await directory.client(request)
        assert SERVICE.config is not None  # noqa: S101 - given where it is made
        return _described(SERVICE.config, "ServiceProviderConfig", f"{client.base}/ServiceProviderConfig")

    @router.get("/Schemas")
    async def scim_schemas(request: Request) -> Response:
        client = await directory.client(request)
        return _all_of(
            Schema, [_placed(each, "Schema", f"{client.base}/Schemas/{each.id}") for each in SERVICE.schemas]
        )

    @router.get("/Schemas/{name}")
    async def scim_schema(request: Request, name: str) -> Response:
        client = await directory.client(request)
        found = next((each for each in SERVICE.schemas if each.id == name), None)
        if found is None:
            raise NotFound("there is no such schema")
        return _described(found, "Schema", f"{client.base}/Schemas/{name}")

    @router.get("/ResourceTypes")
    async def scim_resource_types(request: Request) -> Response:
        client = await directory.client(request)
        placed = [
            _placed(each, "ResourceType", f"{client.base}/ResourceTypes/{each.id}") for each in SERVICE.resource_types
        ]
        return _all_of(ResourceType, placed)

    @router.get("/ResourceTypes/{name}")
    async def scim_resource_type(request: Request, name: str) -> Response:
        client = await directory.client(request)
        found = next((each for each in SERVICE.resource_types if each.id == name), None)
        if found is None:
            raise NotFound("there is no such resource type")
        return _described(found, "ResourceType", f"{client.base}/ResourceTypes/{name}")


def _add_reads(router: APIRouter, directory: Directory, kind: Kind) -> None:
    _add_search(router, directory, kind.endpoint, (kind,))

    @router.get(kind.endpoint)
    async def scim_list(request: Request) -> Response:
        client = await directory.client(request)
        wanted = request_of((kind,), request.query_params)
        async with directory.work(client) as tx:
            return _scim(await search(tx, (kind,), client, _host(client), wanted))

    @router.get(kind.endpoint + "/{key}")
    async def scim_read(request: Request, key: str) -> Response:
        client = await directory.client(request)
        shown = _shown(kind, request)
        async with directory.work(client) as tx:
            row = await kind.found(tx, _host(client), _id(key))
        if request.headers.get("if-none-match") in (version_of(row), version_of(row).removeprefix("W/"), "*"):
            return Response(status_code=304, headers={"ETag": version_of(row)})
        return _answer(kind, row, client, Context.RESOURCE_QUERY_RESPONSE, shown)


def _add_writes(router: APIRouter, directory: Directory, kind: Kind) -> None:
    quotas = directory.quotas

    @router.post(kind.endpoint)
    async def scim_create(request: Request) -> Response:
        client = await directory.client(request)
        shown = _shown(kind, request)
        given = kind.model.model_validate(
            await body_of(request), scim_ctx=Context.RESOURCE_CREATION_REQUEST, scim_provider=SERVICE
        )
        async with directory.work(client) as tx:
            row = await kind.create(tx, quotas, _host(client), given)
        answer = _answer(kind, row, client, Context.RESOURCE_CREATION_RESPONSE, shown, status=201)
        answer.headers["Location"] = f"{client.base}{kind.endpoint}/{row['id']}"
        return answer

    @router.put(kind.endpoint + "/{key}")
    async def scim_replace(request: Request, key: str) -> Response:
        client = await directory.client(request)
        shown = _shown(kind, request)
        given = kind.model.model_validate(
            await body_of(request), scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST, scim_provider=SERVICE
        )
        async with directory.work(client) as tx:
            row = await kind.found(tx, _host(client), _id(key), lock=True)
            _check_version(request, row)
            given.replace(kind.form(row, client))
            row = await kind.change(tx, quotas, _host(client), row, given)
        return _answer(kind, row, client, Context.RESOURCE_REPLACEMENT_RESPONSE, shown)

    @router.patch(kind.endpoint + "/{key}")
    async def scim_patch(request: Request, key: str) -> Response:
        client = await directory.client(request)
        shown = _shown(kind, request)
        patch = PatchOp[kind.model].model_validate(  # type: ignore[name-defined]
            await body_of(request), scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_provider=SERVICE
        )
        async with directory.work(client) as tx:
            row = await kind.found(tx, _host(client), _id(key), lock=True)
            _check_version(request, row)
            form = kind.form(row, client)
            patch.patch(form, scim_policy=SERVICE.policy)
            row = await kind.change(tx, quotas, _host(client), row, form)
        return _answer(kind, row, client, Context.RESOURCE_PATCH_RESPONSE, shown)

    @router.delete(kind.endpoint + "/{key}")
    async def scim_delete(request: Request, key: str) -> Response:
        client = await directory.client(request)
        async with directory.work(client) as tx:
            if "if-match" in request.headers:
                _check_version(request, await kind.found(tx, _host(client), _id(key), lock=True))
            await kind.delete(tx, _host(client), _id(key))
        return Response(status_code=204)


def _add_search(router: APIRouter, directory: Directory, endpoint: str, kinds: Sequence[Kind]) -> None:
    @router.post(endpoint + "/.search")
    async def scim_search(request: Request) -> Response:
        client = await directory.client(request)
        wanted = request_of(kinds, await body_of(request))
        async with directory.work(client) as tx:
            return _scim(await search(tx, kinds, client, _host(client), wanted))


def _add_others(router: APIRouter, directory: Directory) -> None:
    @router.api_route("/{path:path}", methods=_METHODS)
    async def scim_nothing(request: Request, path: str) -> Response:
        """405 where there is something for another method, else 404; each to a client of the organization alone."""
        await directory.client(request)
        if _KNOWN.fullmatch(path):
            raise HTTPException(405, "there is something else to do at this address")
        raise NotFound("there is nothing at this address")


def _host(client: Client) -> Host:
    return Host(client.organization_id, client.actor, client.default_role)


def _id(key: str) -> UUID:
    try:
        return UUID(key)
    except ValueError:
        raise NotFound("there is nothing with this id") from None


def _shown(kind: Kind, request: Request) -> ResponseParameters[Any]:
    names = ("attributes", "excludedAttributes")
    given = {name: request.query_params[name] for name in names if name in request.query_params}
    model: Any = ResponseParameters[kind.model]  # type: ignore[name-defined]
    shown: ResponseParameters[Any] = model.model_validate(given, scim_provider=SERVICE)
    return shown


def _check_version(request: Request, row: Any) -> None:
    """Compared weakly, when it is sent."""
    given = request.headers.get("if-match")
    seen = [each.strip().removeprefix("W/") for each in (given or "*").split(",")]
    if "*" not in seen and version_of(row).removeprefix("W/") not in seen:
        raise PreconditionFailed("it has changed since it was read: read it again")


def _answer(
    kind: Kind, row: Any, client: Client, context: Context, shown: ResponseParameters[Any], *, status: int = 200
) -> Response:
    body = kind.form(row, client).model_dump_json(scim_ctx=context, response_parameters=shown, scim_provider=SERVICE)
    answer = _scim(body, status)
    answer.headers["ETag"] = version_of(row)
    return answer


def _placed(resource: Any, resource_type: str, location: str) -> Any:
    placed = resource.model_copy(deep=True)
    placed.meta = Meta(resource_type=resource_type, location=location)
    return placed


def _described(resource: Resource[Any], resource_type: str, location: str) -> Response:
    placed = _placed(resource, resource_type, location)
    return _scim(placed.model_dump_json(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))


def _all_of(model: Any, resources: Sequence[Any]) -> Response:
    answer = ListResponse[model](
        total_results=len(resources), start_index=1, items_per_page=len(resources), resources=list(resources)
    )
    return _scim(answer.model_dump_json(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))


def _scim(body: str, status: int = 200) -> Response:
    return Response(body, status_code=status, media_type=MEDIA_TYPE)
