"""Graph's groups: reading and writing who is in them."""

from typing import Any
from uuid import UUID

from sandbox.tenant.directory import Group
from sandbox.tenant.errors import (
    already_member,
    bad_request,
    denied,
    malformed,
    mastered_on_premises,
    not_replicated,
    resource_not_found,
    unsupported_query,
)
from sandbox.tenant.fields import GROUP_FIELDS, GROUP_LISTS, USER_FIELDS
from sandbox.tenant.filters import parse_filter
from sandbox.tenant.odata import check_offered, context, page, selected
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.users import show_member
from sandbox.tenant.wire import GraphRequest, GraphResponse

MOST_AT_ONCE = 20
"""Members that one PATCH may add."""
_BIND = "members@odata.bind"
_WRITABLE = ("displayName", "description")


def list_groups(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /groups."""
    names = selected(request, GROUP_FIELDS, "group")
    text = request.query.get("$filter")
    wanted = parse_filter(text, GROUP_FIELDS) if text else None
    if wanted and wanted.needs_advanced and not request.advanced:
        raise unsupported_query(
            "This filter needs the header ConsistencyLevel: eventual and $count=true."
        )
    groups = tenant.directory.groups.values()
    return page(
        request,
        "groups",
        [group for group in groups if wanted is None or wanted.matches(group.fields)],
        key=lambda group: group.id,
        render=lambda group: _show(group, names),
    )


def get_group(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /groups/{id}."""
    check_offered(request)
    group = find_group(tenant, request.parameters[0])
    shown = _show(group, selected(request, GROUP_FIELDS, "group"))
    return GraphResponse(200, {**context(request, "groups/$entity"), **shown})


def patch_group(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """PATCH /groups/{id}: new members, all of them or none, or a new name or description."""
    group = find_group(tenant, request.parameters[0])
    body = dict(request.body) if isinstance(request.body, dict) else {}
    body.pop("@odata.type", None)
    references = body.pop(_BIND, [])
    for name in body:
        if name not in _WRITABLE:
            raise malformed(f"{name}: not a property that this tenant changes.")
    if not isinstance(references, list) or len(references) > MOST_AT_ONCE:
        raise bad_request(f"{_BIND}: a list of at most {MOST_AT_ONCE} references is needed.")
    _check_writable(group)
    members = [_referenced(each) for each in references]
    _check_addable(tenant, group, members)
    for member in members:
        tenant.set_member(group.id, member, present=True)
    if body:
        group.fields.update(body)
        tenant.directory.put_group(group)
    return GraphResponse(204)


def add_member(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """POST /groups/{id}/members/$ref."""
    group = find_group(tenant, request.parameters[0])
    _check_writable(group)
    member = _referenced((request.body or {}).get("@odata.id"))
    _check_addable(tenant, group, [member])
    tenant.set_member(group.id, member, present=True)
    return GraphResponse(204)


def remove_member(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """DELETE /groups/{id}/members/{id}/$ref."""
    group = find_group(tenant, request.parameters[0])
    _check_writable(group)
    if not tenant.set_member(group.id, request.parameters[1], present=False):
        raise resource_not_found(request.parameters[1])
    return GraphResponse(204)


def list_members(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /groups/{id}/members and /groups/{id}/transitiveMembers."""
    names = selected(request, USER_FIELDS, "user")
    return page(
        request,
        "directoryObjects",
        _members(tenant, request),
        key=str,
        render=lambda member: show_member(tenant, member, names),
    )


def list_groups_around(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /groups/{id}/transitiveMemberOf: the groups that a group is in, directly or not."""
    group = find_group(tenant, request.parameters[0])
    names = selected(request, GROUP_FIELDS, "group")
    as_of = tenant.clock.now() - tenant.settings.membership_lag_seconds
    around = tenant.directory.membership.transitive_groups_of(group.id, as_of)
    return page(
        request,
        "directoryObjects",
        [tenant.directory.groups[each] for each in around if each in tenant.directory.groups],
        key=lambda one: one.id,
        render=lambda one: {"@odata.type": "#microsoft.graph.group", **_show(one, names)},
    )


def count_members(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /groups/{id}/members/$count and /groups/{id}/transitiveMembers/$count."""
    if not request.eventual:
        raise bad_request("$count is not currently supported.")
    return GraphResponse(200, str(len(_members(tenant, request))))


def find_group(tenant: Tenant, identifier: str) -> Group:
    """The group with this id.

    Raises:
        GraphError: 404, when there is none.
    """
    group = tenant.directory.groups.get(identifier)
    if group is None:
        raise resource_not_found(identifier)
    return group


def _show(group: Group, names: list[str] | None) -> dict[str, Any]:
    return {
        name: group.fields.get(name, [] if name in GROUP_LISTS else None)
        for name in names or sorted(GROUP_FIELDS)
    }


def _members(tenant: Tenant, request: GraphRequest) -> list[str]:
    """The members as this request may see them: what reads the index lags more."""
    group = find_group(tenant, request.parameters[0])
    text = request.query.get("$filter")
    if text and not request.eventual:
        raise unsupported_query("$filter needs the header ConsistencyLevel: eventual.")
    settings, directory = tenant.settings, tenant.directory
    lag = settings.index_lag_seconds if request.eventual else settings.membership_lag_seconds
    read = directory.membership.direct
    if "/transitiveMembers" in request.path:
        read = directory.membership.transitive
    members = (each for each in read(group.id, tenant.clock.now() - lag) if _exists(tenant, each))
    if not text:
        return list(members)
    wanted = parse_filter(text, USER_FIELDS)
    users = (directory.users[each] for each in members if each in directory.users)
    return [user.id for user in users if wanted.matches(user.fields)]


def _exists(tenant: Tenant, member: str) -> bool:
    user = tenant.directory.users.get(member)
    return tenant.visible(user) if user else member in tenant.directory.groups


def _check_writable(group: Group) -> None:
    if group.synced:
        raise mastered_on_premises()
    dynamic = "DynamicMembership" in group.fields.get("groupTypes", [])
    if dynamic or group.fields.get("mailEnabled") or group.fields.get("isAssignableToRole"):
        raise denied()


def _check_addable(tenant: Tenant, group: Group, members: list[str]) -> None:
    present = tenant.directory.membership.direct(group.id)
    for member in members:
        user = tenant.directory.users.get(member)
        if user is None and member not in tenant.directory.groups:
            raise resource_not_found(member)
        if user is not None and not tenant.visible(user):
            raise not_replicated()
        if member in present:
            raise already_member()
    if len(set(members)) < len(members):
        raise already_member()


def _referenced(reference: Any) -> str:
    """The object id at the end of a reference's address."""
    identifier = str(reference).rstrip("/").rpartition("/")[2]
    try:
        return str(UUID(identifier))
    except ValueError as error:
        raise malformed(f"Invalid object identifier '{identifier}'.") from error
