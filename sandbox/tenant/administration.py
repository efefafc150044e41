"""What the sandbox does to its tenant from outside Graph: set it up, disturb it, look inside."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.company import object_id
from sandbox.tenant import synchronization
from sandbox.tenant.clock import timestamp
from sandbox.tenant.directory import Group, User
from sandbox.tenant.faults import Fault
from sandbox.tenant.fields import GROUP_FIELDS, USER_FIELDS
from sandbox.tenant.licences import checked_licence
from sandbox.tenant.policies import methods_policy_changes
from sandbox.tenant.seed import cloud_group
from sandbox.tenant.sync import take_export
from sandbox.tenant.tenant import Tenant

_PASSWORD, _LICENSED, _ROLES = "password", "licensed", "directoryRoles"
_UNIT_ROLES, _ELIGIBLE_ROLES, _LICENCE = "unitRoles", "eligibleRoles", "licence"
_EXTRAS = (_PASSWORD, _LICENSED, _ROLES, _UNIT_ROLES, _ELIGIBLE_ROLES, _LICENCE)


def administration_routes(tenant: Tenant) -> list[Route]:
    """Everything under `/sandbox`, except identities and crowds."""
    at = _Administration(tenant)
    return [
        Route("/sandbox/state", at.state),
        Route("/sandbox/users/{upn}", at.get_user),
        Route("/sandbox/users", at.put_user, methods=["POST"]),
        Route("/sandbox/groups", at.put_group, methods=["POST"]),
        Route("/sandbox/cloud-sync", at.cloud_sync, methods=["POST"]),
        Route("/sandbox/cloud-sync/runs", at.run_cloud_sync, methods=["POST"]),
        Route("/sandbox/conversions", at.convert, methods=["POST"]),
        Route("/sandbox/nesting", at.nest, methods=["POST"]),
        Route("/sandbox/sync", at.sync, methods=["POST"]),
        Route("/sandbox/settings", at.settings, methods=["GET", "POST"]),
        Route("/sandbox/clock", at.clock, methods=["POST"]),
        Route("/sandbox/quotas", at.quotas, methods=["POST"]),
        Route("/sandbox/faults", at.faults, methods=["GET", "POST", "DELETE"]),
        Route("/sandbox/requests", at.requests, methods=["GET", "DELETE"]),
        Route("/sandbox/violations", at.violations),
        Route("/sandbox/reset", at.reset, methods=["POST"]),
    ]


class _Administration:
    """The handlers; bad input leaves them as a ValueError that names the field."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    async def state(self, _: Request) -> Response:
        return JSONResponse(_totals(self._tenant))

    async def get_user(self, request: Request) -> Response:
        user = self._tenant.directory.user_by_upn(request.path_params["upn"])
        if user is None:
            return JSONResponse({"error": "upn: there is no such user"}, 404)
        return JSONResponse(_whole_user(self._tenant, user))

    async def put_user(self, request: Request) -> Response:
        user = _upsert_user(self._tenant, await request.json())
        self._tenant.save()
        return JSONResponse(_whole_user(self._tenant, user))

    async def put_group(self, request: Request) -> Response:
        group = _upsert_group(self._tenant, await request.json())
        self._tenant.save()
        return JSONResponse(group.fields)

    async def cloud_sync(self, request: Request) -> Response:
        self._tenant.cloud_sync.set(await request.json())
        return Response(status_code=204)

    async def run_cloud_sync(self, request: Request) -> Response:
        result = synchronization.run(self._tenant, await request.json())
        self._tenant.save()
        return JSONResponse(result)

    async def convert(self, request: Request) -> Response:
        _convert(self._tenant, await request.json())
        self._tenant.save()
        return Response(status_code=204)

    async def nest(self, request: Request) -> Response:
        body = await request.json()
        child = _group_named(self._tenant, body, "group")
        parent = _group_named(self._tenant, body, "in")
        self._tenant.set_member(parent.id, child.id, present=bool(body.get("nested", True)))
        self._tenant.save()
        return Response(status_code=204)

    async def sync(self, request: Request) -> Response:
        result = take_export(self._tenant, await request.json())
        self._tenant.save()
        return JSONResponse(result.described())

    async def settings(self, request: Request) -> Response:
        tenant = self._tenant
        if request.method == "POST":
            before = tenant.settings
            tenant.change_settings(before.changed(await request.json()))
            if changed := methods_policy_changes(before, tenant.settings):
                tenant.audits.write_methods_policy(changed, tenant.clock.now())
                tenant.save()
        return JSONResponse(tenant.settings.described())

    async def clock(self, request: Request) -> Response:
        tenant, body = self._tenant, await request.json()
        if "offsetSeconds" not in body:
            raise ValueError("offsetSeconds: missing")
        offset = float(body["offsetSeconds"])
        tenant.clock.move_to(offset)
        return JSONResponse({"offsetSeconds": offset, "now": timestamp(tenant.clock.now())})

    async def quotas(self, request: Request) -> Response:
        body = await request.json()
        self._tenant.quotas.configure(
            enabled=bool(body.get("enabled", True)), factor=float(body.get("factor", 1.0))
        )
        return Response(status_code=204)

    async def faults(self, request: Request) -> Response:
        faults = self._tenant.faults
        if request.method == "POST":
            faults.add(Fault.from_body(await request.json()))
        elif request.method == "DELETE":
            faults.clear()
        return JSONResponse({"held": faults.held, "faults": faults.described()})

    async def requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._tenant.recorder.reset()
        return JSONResponse(self._tenant.recorder.described())

    async def violations(self, _: Request) -> Response:
        contract = self._tenant.contract
        return JSONResponse(contract.violations if contract else [])

    async def reset(self, _: Request) -> Response:
        self._tenant.reset()
        return JSONResponse(_totals(self._tenant))


def _totals(tenant: Tenant) -> dict[str, Any]:
    directory = tenant.directory
    synced = sum(user.synced for user in directory.users.values())
    members = {
        group.name: len(list(directory.membership.direct(group.id)))
        for group in directory.groups.values()
    }
    return {
        "users": len(directory.users),
        "synced": synced,
        "groups": members,
        "audits": len(tenant.audits.entries),
        "held": tenant.faults.held,
        "clockOffsetSeconds": tenant.clock.offset_seconds,
    }


def _whole_user(tenant: Tenant, user: User) -> dict[str, Any]:
    """The fields of Graph, and beside them what only the sandbox knows."""
    groups = tenant.directory.membership.transitive_groups_of(user.id)
    return {
        **user.fields,
        _LICENSED: user.licensed(tenant.clock.now()),
        _ROLES: user.roles,
        _UNIT_ROLES: user.unit_roles,
        _ELIGIBLE_ROLES: user.eligible_roles,
        _LICENCE: user.licence,
        "methodsRegistered": user.methods,
        "transitiveMemberOf": sorted(tenant.directory.groups[each].name for each in groups),
    }


def _upsert_user(tenant: Tenant, body: dict[str, Any]) -> User:
    extras = {name: body.pop(name) for name in _EXTRAS if name in body}
    fields = _known(body, USER_FIELDS, "userPrincipalName")
    now = tenant.clock.now()
    user = tenant.directory.user_by_upn(fields["userPrincipalName"])
    if user is None:
        identifier = object_id("user", fields["userPrincipalName"])
        created = {"id": identifier, "createdDateTime": timestamp(now), "userType": "Member"}
        visible_at = now + tenant.settings.new_user_lag_seconds
        user = User(identifier, {**created, "accountEnabled": True}, visible_at, licensed_at=now)
    user.fields.update(fields)
    user.password = extras.get(_PASSWORD, user.password)
    user.roles = extras.get(_ROLES, user.roles)
    user.unit_roles = extras.get(_UNIT_ROLES, user.unit_roles)
    user.eligible_roles = extras.get(_ELIGIBLE_ROLES, user.eligible_roles)
    user.licence = checked_licence(extras.get(_LICENCE, user.licence))
    if _LICENSED in extras:
        user.licensed_at = now if extras[_LICENSED] else None
    tenant.directory.put_user(user)
    return user


def _upsert_group(tenant: Tenant, body: dict[str, Any]) -> Group:
    fields = _known(body, GROUP_FIELDS, "displayName")
    group = tenant.directory.group_named(fields["displayName"])
    group = group or cloud_group(fields["displayName"], tenant.clock.now())
    group.fields.update(fields)
    tenant.directory.put_group(group)
    return group


def _convert(tenant: Tenant, body: dict[str, Any]) -> None:
    """Move the source of authority of a user or a group, as `onPremisesSyncBehavior` does.

    Source: "Update onPremisesSyncBehavior", Microsoft Learn, read on 29 Nov 2026. Anchor and SID
    stay, and `onPremisesSyncEnabled` is null while the cloud is the source of authority.
    """
    synced = None if body.get("isCloudManaged", True) else True
    if "group" in body:
        group = _group_named(tenant, body, "group")
        group.fields["onPremisesSyncEnabled"] = synced
        tenant.directory.put_group(group)
        return
    user = tenant.directory.user_by_upn(str(body.get("userPrincipalName")))
    if user is None or not user.fields.get("onPremisesImmutableId"):
        raise ValueError("userPrincipalName: there is no such user who was ever synced")
    user.fields["onPremisesSyncEnabled"] = synced
    tenant.directory.put_user(user, tracked=bool(tenant.settings.delta_tracks_conversions))
    if tenant.settings.conversions_are_audited:
        tenant.audits.write_conversion(user, tenant.clock.now(), to_cloud=synced is None)


def _group_named(tenant: Tenant, body: dict[str, Any], name: str) -> Group:
    group = tenant.directory.group_named(str(body.get(name)))
    if group is None:
        raise ValueError(f"{name}: there is no such group")
    return group


def _known(body: dict[str, Any], names: frozenset[str], needed: str) -> dict[str, Any]:
    if not body.get(needed):
        raise ValueError(f"{needed}: missing")
    for name in body:
        if name not in names:
            raise ValueError(f"{name}: not a field of this object")
    return body
