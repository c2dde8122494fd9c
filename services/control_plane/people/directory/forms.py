"""The forms of SCIM 2.0 (RFC 7643, 7644) as they are served: `scim2-models` reads and writes them."""

from __future__ import annotations

from typing import Any

from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    EnterpriseUser,
    ETag,
    Filter,
    Group,
    Patch,
    ResourceType,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    User,
)

MEDIA_TYPE = "application/scim+json"
RESULTS_MAX = 200
DOCUMENT_BYTES_MAX = 64 * 1024
Person = User[EnterpriseUser]
Form = Person | Group

# What well-known directories send beside the standard: attributes of their own, and removals by value.
_POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
_CONFIG = ServiceProviderConfig(
    patch=Patch(supported=True),
    bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
    filter=Filter(supported=True, max_results=RESULTS_MAX),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=True),
    etag=ETag(supported=True),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken,
            name="Provisioning token",
            description="`Authorization: Bearer vs_…`, a token that the organization makes for its directory",
            primary=True,
        )
    ],
)
SERVICE = ScimProvider(
    models=[User, EnterpriseUser, Group],
    resource_types=[ResourceType.from_resource(Person), ResourceType.from_resource(Group)],
    config=_CONFIG,
    policy=_POLICY,
)


def stored(resource: Form) -> dict[str, Any]:
    """What is kept of a resource: what the client said, without what is ours to say."""
    document: dict[str, Any] = resource.model_dump(mode="json")
    for ours in ("id", "meta", "groups", "password", "members"):
        document.pop(ours, None)
    return document
