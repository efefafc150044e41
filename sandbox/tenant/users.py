"""Graph's users: finding them, what they belong to, and what they are licensed for."""

from collections.abc import Iterable
from typing import Any

from sandbox.tenant.directory import INDEXED_FIELDS, User, role_id
from sandbox.tenant.errors import (
    bad_request,
    delta_token_expired,
    resource_not_found,
    unsupported_query,
)
from sandbox.tenant.fields import (
    ADVANCED_USER_FIELDS,
    UNFILTERED_USER_FIELDS,
    USER_DEFAULTS,
    USER_FIELDS,
    USER_LISTS,
)
from sandbox.tenant.filters import Filter, parse_filter
from sandbox.tenant.licences import SKU_ID, SKU_NAME, assigned_licences, assigned_plans, plan_infos
from sandbox.tenant.odata import (
    context,
    decode_token,
    encode_token,
    link,
    page,
    page_size,
    selected,
)
from sandbox.tenant.roles import template_id
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.wire import GraphRequest, GraphResponse

_FROM_NOW = "latest"
"""Instead of a token: tell nothing of what is, and where later changes are told."""
_LARGEST_LOOKUP = 1000


def list_users(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /users."""
    names = selected(request, USER_FIELDS, "user") or USER_DEFAULTS
    now = tenant.clock.now()
    return page(
        request,
        "users",
        _matching(tenant, request),
        key=_id,
        render=lambda user: show_user(user, names, now),
    )


def get_user(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /users/{id or UPN}."""
    user = find_user(tenant, request.parameters[0])
    names = selected(request, USER_FIELDS, "user") or USER_DEFAULTS
    shown = show_user(user, names, tenant.clock.now())
    return GraphResponse(200, {**context(request, "users/$entity"), **shown})


def users_delta(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /users/delta: everybody at first, later who has changed or gone since."""
    directory = tenant.directory
    if "$filter" in request.query:
        raise unsupported_query("$filter is not offered here for delta queries.")
    names = selected(request, USER_FIELDS, "user") or USER_DEFAULTS
    since, until, last = _delta_position(tenant, request)
    changed = sorted(
        identifier
        for identifier, sequence in directory.user_changes.items()
        if sequence > since and identifier > last and (since or identifier in directory.users)
    )
    shown = changed[: page_size(request)]
    body = context(request, "users")
    position = f"{directory.epoch}|{since}|{until}"
    if len(shown) < len(changed):
        token = encode_token(f"{position}|{shown[-1]}")
        body["@odata.nextLink"] = link(request, {"$skiptoken": token}, without="$deltatoken")
    else:
        token = encode_token(f"{directory.epoch}|{until}|0|")
        body["@odata.deltaLink"] = link(request, {"$deltatoken": token}, without="$skiptoken")
    now = tenant.clock.now()
    body["value"] = [_delta_item(directory.users.get(each), each, names, now) for each in shown]
    return GraphResponse(200, body)


def transitive_member_of(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /users/{id}/transitiveMemberOf: groups and directory roles."""
    user = find_user(tenant, request.parameters[0])
    as_of = tenant.clock.now() - tenant.settings.membership_lag_seconds
    groups = tenant.directory.membership.transitive_groups_of(user.id, as_of)
    found = [
        {"@odata.type": "#microsoft.graph.group", **tenant.directory.groups[each].fields}
        for each in groups
        if each in tenant.directory.groups
    ]
    found += [_directory_role(name) for name in user.roles]
    names = (request.query.get("$select") or "").split(",")
    return page(
        request,
        "directoryObjects",
        found,
        key=lambda item: str(item["id"]),
        render=lambda item: _narrowed(item, names) if names != [""] else item,
    )


def check_member_groups(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """POST /users/{id}/checkMemberGroups: which of the given groups the user is in."""
    user = find_user(tenant, request.parameters[0])
    asked = (request.body or {}).get("groupIds")
    if not isinstance(asked, list) or not 1 <= len(asked) <= 20:  # noqa: PLR2004  # Graph's limit
        raise bad_request("groupIds: a list of 1 to 20 ids is needed.")
    as_of = tenant.clock.now() - tenant.settings.membership_lag_seconds
    groups = tenant.directory.membership.transitive_groups_of(user.id, as_of)
    body = context(request, "Collection(Edm.String)")
    return GraphResponse(200, {**body, "value": [each for each in asked if each in groups]})


def license_details(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /users/{id}/licenseDetails."""
    user = find_user(tenant, request.parameters[0])
    detail = {
        "id": encode_token(f"{user.id}{SKU_ID}"),
        "skuId": SKU_ID,
        "skuPartNumber": SKU_NAME,
        "servicePlans": plan_infos(),
    }
    has_plan = assigned_plans(user, tenant.clock.now())
    details = [detail] if has_plan else []
    names = selected(request, detail, "licenseDetails") or list(detail)
    body = context(request, f"users('{user.id}')/licenseDetails")
    return GraphResponse(200, {**body, "value": [_narrowed(each, names) for each in details]})


def get_by_ids(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """POST /directoryObjects/getByIds: the users and groups there are among the given ids."""
    body = request.body or {}
    asked = body.get("ids")
    if not isinstance(asked, list) or not 1 <= len(asked) <= _LARGEST_LOOKUP:
        raise bad_request(f"ids: a list of 1 to {_LARGEST_LOOKUP} ids is needed.")
    types = body.get("types", ["user", "group"])
    names = selected(request, USER_FIELDS, "user")
    found = [
        show_member(tenant, each, names)
        for each in asked
        if ("user" in types and each in tenant.directory.users)
        or ("group" in types and each in tenant.directory.groups)
    ]
    return GraphResponse(200, {**context(request, "directoryObjects"), "value": found})


def find_user(tenant: Tenant, identifier: str) -> User:
    """The user with this id or user principal name.

    Raises:
        GraphError: 404, when there is none, or not yet.
    """
    directory = tenant.directory
    user = directory.users.get(identifier) or directory.user_by_upn(identifier)
    if user is None or not tenant.visible(user):
        raise resource_not_found(identifier)
    return user


def show_user(user: User, names: Iterable[str], now: float) -> dict[str, Any]:
    """A user as Graph shows it: the fields in `names`."""
    return {name: _field(user, name, now) for name in names}


def show_member(tenant: Tenant, identifier: str, names: list[str] | None) -> dict[str, Any]:
    """A user or group where both can occur: with its type, and always with its id."""
    user = tenant.directory.users.get(identifier)
    if user is not None:
        shown = show_user(user, names or USER_DEFAULTS, tenant.clock.now())
        return {"@odata.type": "#microsoft.graph.user", "id": identifier, **shown}
    fields = tenant.directory.groups[identifier].fields
    shown = _narrowed(fields, names) if names else fields
    return {"@odata.type": "#microsoft.graph.group", **shown, "id": identifier}


def _id(user: User) -> str:
    return user.id


def _field(user: User, name: str, now: float) -> Any:
    if name == "assignedPlans":
        return assigned_plans(user, now)
    if name == "assignedLicenses":
        return assigned_licences(user, now)
    return user.fields.get(name, [] if name in USER_LISTS else None)


def _narrowed(item: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    kept = {"@odata.type", "id", *names}
    return {name: value for name, value in item.items() if name in kept}


def _matching(tenant: Tenant, request: GraphRequest) -> Iterable[User]:
    text = request.query.get("$filter")
    if text is None:
        return filter(tenant.visible, tenant.directory.users.values())
    wanted = parse_filter(text, USER_FIELDS)
    by_table = bool(tenant.settings.filters_by_the_table)
    unfiltered = wanted.fields & UNFILTERED_USER_FIELDS
    if by_table and unfiltered:
        raise unsupported_query(
            "Unsupported or invalid query filter clause specified for property "
            f"'{min(unfiltered)}' of resource 'User'."
        )
    needs_advanced = wanted.needs_advanced or (by_table and wanted.fields & ADVANCED_USER_FIELDS)
    if needs_advanced and not request.advanced:
        raise unsupported_query(
            "This filter needs the header ConsistencyLevel: eventual and $count=true."
        )
    candidates = _candidates(tenant, wanted)
    return (user for user in candidates if tenant.visible(user) and wanted.matches(user.fields))


def _candidates(tenant: Tenant, wanted: Filter) -> Iterable[User]:
    """Who can match at all: few, when the filter compares an indexed field."""
    name, values = wanted.equal or ("", ())
    if name in INDEXED_FIELDS and all(isinstance(value, str) for value in values):
        return tenant.directory.users_with(name, values)
    return tenant.directory.users.values()


def _directory_role(name: str) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.directoryRole",
        "id": role_id(name),
        "displayName": name,
        "roleTemplateId": template_id(name),
    }


def _delta_position(tenant: Tenant, request: GraphRequest) -> tuple[int, int, str]:
    """After which change to begin, where to end, and the last id on the page before."""
    token = request.query.get("$skiptoken") or request.query.get("$deltatoken")
    if token is None:
        return 0, tenant.directory.sequence, ""
    if token == _FROM_NOW:
        return tenant.directory.sequence, tenant.directory.sequence, ""
    epoch, _, position = decode_token(token).partition("|")
    if epoch != tenant.directory.epoch:
        raise delta_token_expired()
    since, until, last = position.split("|")
    return int(since), int(until) or tenant.directory.sequence, last


def _delta_item(
    user: User | None, identifier: str, names: Iterable[str], now: float
) -> dict[str, Any]:
    if user is None:
        return {"id": identifier, "@removed": {"reason": "deleted"}}
    return {"id": identifier, **show_user(user, names, now)}
