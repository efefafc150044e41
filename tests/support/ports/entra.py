"""One Entra for the ports that read and write it: in memory, or the simulated tenant."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

from sandbox.company import DIRECTORY_ROLES, SCOPE_GROUP, SITES, Employee, object_id
from shared.adapters.graph.account_changes import GraphAccountChanges
from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.directory import GraphDirectory
from shared.adapters.graph.lifecycle import GraphLifecycle
from shared.adapters.graph.scope import GraphScope
from shared.adapters.memory.account_changes import MemoryAccountChanges
from shared.adapters.memory.cloud_scope import MemoryCloudScope
from shared.adapters.memory.directory import MemoryDirectory
from shared.adapters.memory.lifecycle import MemoryLifecycle
from shared.adapters.memory.tenant import Group
from shared.adapters.memory.tenant import Tenant as MemoryTenant
from shared.domain.person.people import Person, UserRef
from shared.domain.person.scope_group import ScopeGroup
from shared.domain.rollout.resets import Reset, ResetOutcome
from shared.domain.rollout.sspr_policy import SsprScope
from shared.ports.account_changes import AccountChanges
from shared.ports.cloud_scope import CloudScope
from shared.ports.directory import Directory
from shared.ports.lifecycle import Lifecycle
from tests.support.graph_tenant import COMPANY, EXCLUDED, SCOPE, Tenant

LATE = 100
"""Looks, or days: longer than any test."""
_DAY = 86_400
GROUP_SID = "S-1-7"
"""Of the group that a test's sync brings."""


def anchor_of(upn: str) -> str:
    """The source anchor that a test's synced user has."""
    return f"{upn.partition('@')[0]:x<22}=="


class Entra(ABC):
    """The company's cloud half, and what a test does to it beside the ports."""

    def __init__(
        self,
        directory: Directory,
        scope: CloudScope,
        lifecycle: Lifecycle,
        changes: AccountChanges,
    ) -> None:
        self.directory = directory
        self.scope = scope
        self.lifecycle = lifecycle
        self.changes = changes

    @abstractmethod
    def with_scope(self, group_id: str) -> tuple[Directory, CloudScope]:
        """The ports with another scope group."""

    @abstractmethod
    def add_user(self, upn: str, *, employee_id: str | None = None, role: bool = False) -> str:
        """Put a cloud user in; answers with the object id."""

    @abstractmethod
    def sync(self, *upns: str, group: str | None = None) -> Sequence[str]:
        """Have synced users arrive, in a synced group of that name; answers with their ids."""

    @abstractmethod
    def add_group(self, name: str, *, synced: bool = False) -> str:
        """Make a group; one that is synced is not for Graph to write."""

    @abstractmethod
    def change_group(self, name: str, *, synced: bool = True, security: bool = True) -> None:
        """Convert a synced group's source of authority, or make another kind of group of it."""

    @abstractmethod
    def convert(self, upn: str) -> None:
        """Make the cloud the source of authority of a synced user."""

    @abstractmethod
    def forget_places(self) -> None:
        """Forget from where on anybody was told of changes."""

    @abstractmethod
    def overlook(self, object_id: str) -> None:
        """Let the next look at their memberships know nobody of that id."""

    @abstractmethod
    def nest(self, name: str, *, nested: bool) -> None:
        """Put a group of that name into the scope group, or take it out."""

    @abstractmethod
    async def join(self, group_id: str, member_id: str) -> None:
        """Put a person or a group into a group of the cloud."""

    @abstractmethod
    def register(self, *upns: str) -> None:
        """Have people register for SSPR."""

    @abstractmethod
    def try_reset(self, *upns: str) -> None:
        """Have people try to reset a forgotten password."""

    @abstractmethod
    def switch_sspr(self, scope: SsprScope, group: str | None = None) -> None:
        """Switch SSPR on for all, for none, or for the group of that name."""

    @abstractmethod
    def delay(self) -> None:
        """Let what is written from now on show late."""

    @abstractmethod
    def catch_up(self) -> None:
        """Let everything show that was written."""

    @abstractmethod
    def call_out(self, upn: str) -> str:
        """Have a workflow's task wait for a call about a person; answers with the call's path."""


class MemoryEntra(Entra):
    """In memory."""

    def __init__(self) -> None:
        self.tenant = MemoryTenant(SCOPE, page=200)
        self.tenant.groups[EXCLUDED] = Group()
        self._by_upn: dict[str, str] = {}
        self._memory_lifecycle = MemoryLifecycle()
        self._calls = 0
        for employee in COMPANY.people_mastered_in_cloud:
            self._put(_person(employee), administrator=employee.directory_role is not None)
            if employee.excluded:
                self.tenant.join(EXCLUDED, employee.object_id)
        changes = MemoryAccountChanges(self.tenant)
        super().__init__(*self.with_scope(SCOPE), self._memory_lifecycle, changes)

    def with_scope(self, group_id: str) -> tuple[Directory, CloudScope]:
        exists = group_id in self.tenant.groups
        tenant = replace(self.tenant, scope_group_id=group_id) if group_id != SCOPE else self.tenant
        if not exists:
            del tenant.groups[group_id]
        return MemoryDirectory(tenant), MemoryCloudScope(tenant)

    def add_user(self, upn: str, *, employee_id: str | None = None, role: bool = False) -> str:
        ref = UserRef(
            object_id=object_id("user", upn), user_principal_name=upn, employee_id=employee_id
        )
        return self._put(Person(ref=ref), administrator=role)

    def sync(self, *upns: str, group: str | None = None) -> Sequence[str]:
        ids = [self._put(_synced(upn)) for upn in upns]
        if group:
            synced = self.add_group(group, synced=True)
            self.tenant.groups[synced].sid = GROUP_SID
            self.tenant.join(synced, *ids)
            self.tenant.join(SCOPE, synced)
        return ids

    def add_group(self, name: str, *, synced: bool = False) -> str:
        group_id = object_id("group", name)
        self.tenant.groups[group_id] = Group(kind=ScopeGroup(synced=synced))
        return group_id

    def change_group(self, name: str, *, synced: bool = True, security: bool = True) -> None:
        group = self.tenant.groups[object_id("group", name)]
        group.kind = ScopeGroup(synced=synced, security_enabled=security)

    def convert(self, upn: str) -> None:
        person = self.tenant.people[self._by_upn[upn]]
        self.tenant.put(replace(person, synced=False))
        self.tenant.conversions.append((person.object_id, datetime.now(UTC)))

    def forget_places(self) -> None:
        self.tenant.changes_epoch += 1

    def overlook(self, object_id: str) -> None:
        self.tenant.overlooked.add(object_id)

    def nest(self, name: str, *, nested: bool) -> None:
        change = self.tenant.join if nested else self.tenant.leave
        change(SCOPE, object_id("group", name))

    async def join(self, group_id: str, member_id: str) -> None:
        self.tenant.join(group_id, member_id)

    def register(self, *upns: str) -> None:
        self.tenant.registered.update(self._by_upn[upn] for upn in upns)

    def try_reset(self, *upns: str) -> None:
        members = self.tenant.people_in(SCOPE)
        for person in (self._by_upn[upn] for upn in upns):
            if person not in members:
                outcome = ResetOutcome.BLOCKED
            elif person in self.tenant.registered:
                outcome = ResetOutcome.SUCCEEDED
            else:
                continue
            self.tenant.resets.append(Reset(datetime.now(UTC), person, outcome))

    def switch_sspr(self, scope: SsprScope, group: str | None = None) -> None:
        group_id = object_id("group", group) if group else None
        self.tenant.switch_sspr(scope, datetime.now(UTC), group_id)

    def delay(self) -> None:
        self.tenant.listing_lag = LATE

    def catch_up(self) -> None:
        self.tenant.show_all()

    def call_out(self, upn: str) -> str:
        assert upn in self._by_upn
        self._calls += 1
        path = (
            "/identityGovernance/lifecycleWorkflows/workflows/1/tasks/2/taskProcessingResults"
            f"/{self._calls}/resume"
        )
        self._memory_lifecycle.wait_at(path)
        return path

    def _put(self, person: Person, *, administrator: bool = False) -> str:
        self.tenant.put(person, administrator=administrator)
        self._by_upn[str(person.ref.user_principal_name).lower()] = person.object_id
        return person.object_id


class TenantEntra(Entra):
    """The simulated tenant, through Graph."""

    def __init__(self, tenant: Tenant, client: GraphClient) -> None:
        self._tenant = tenant
        self._client = client
        changes = GraphAccountChanges(client)
        super().__init__(*self.with_scope(SCOPE), GraphLifecycle(client), changes)

    def with_scope(self, group_id: str) -> tuple[Directory, CloudScope]:
        return GraphDirectory(self._client, group_id), GraphScope(self._client, group_id)

    def add_user(self, upn: str, *, employee_id: str | None = None, role: bool = False) -> str:
        fields: dict[str, Any] = {"userPrincipalName": upn}
        if employee_id:
            fields["employeeId"] = employee_id
        if role:
            fields["directoryRoles"] = [DIRECTORY_ROLES[0]]
        return str(self._tenant.do("users", fields)["id"])

    def sync(self, *upns: str, group: str | None = None) -> Sequence[str]:
        users = [
            {
                "userPrincipalName": upn,
                "onPremisesImmutableId": anchor_of(upn),
                "onPremisesSecurityIdentifier": f"S-1-5-21-{number}",
            }
            for number, upn in enumerate(upns)
        ]
        members = [anchor_of(upn) for upn in upns]
        groups = [
            {"displayName": group, "onPremisesSecurityIdentifier": GROUP_SID, "members": members}
        ]
        self._tenant.do("sync", {"users": users, "groups": groups if group else []})
        return [str(self._tenant.http.get(f"/sandbox/users/{upn}").json()["id"]) for upn in upns]

    def add_group(self, name: str, *, synced: bool = False) -> str:
        fields = {"onPremisesSyncEnabled": True} if synced else {}
        return str(self._tenant.do("groups", {"displayName": name, **fields})["id"])

    def change_group(self, name: str, *, synced: bool = True, security: bool = True) -> None:
        self._tenant.do("conversions", {"group": name, "isCloudManaged": not synced})
        self._tenant.do("groups", {"displayName": name, "securityEnabled": security})

    def convert(self, upn: str) -> None:
        self._tenant.do("conversions", {"userPrincipalName": upn})

    def forget_places(self) -> None:
        gone = {"error": {"code": "resyncRequired", "message": "Resync is required."}}
        how = {"status": 410, "body": gone}
        self._tenant.fail("GET", "/users/delta", "status", **how)

    def overlook(self, object_id: str) -> None:
        path = f"/users/{object_id}/transitiveMemberOf"
        self._tenant.fail("GET", path, "status", status=404)

    def nest(self, name: str, *, nested: bool) -> None:
        self._tenant.do("nesting", {"group": name, "in": SCOPE_GROUP, "nested": nested})

    async def join(self, group_id: str, member_id: str) -> None:
        await GraphScope(self._client, group_id).add([member_id])

    def register(self, *upns: str) -> None:
        self._tenant.do("registrations", {"userPrincipalNames": list(upns)})

    def try_reset(self, *upns: str) -> None:
        self._tenant.do(
            "resets", {"userPrincipalNames": list(upns), "newPassword": "forgotten-no-more-1"}
        )

    def switch_sspr(self, scope: SsprScope, group: str | None = None) -> None:
        chosen = {"scope": "selected" if scope is SsprScope.GROUP else scope}
        body = {**chosen, **({"group": group} if group else {})}
        self._tenant.http.post("/sspr/properties", json=body).raise_for_status()

    def delay(self) -> None:
        self._tenant.do("clock", {"offsetSeconds": 2 * LATE * _DAY})
        self._tenant.do("settings", {"membershipLagSeconds": LATE * _DAY})

    def catch_up(self) -> None:
        self._tenant.do("clock", {"offsetSeconds": 4 * LATE * _DAY})

    def call_out(self, upn: str) -> str:
        call = self._tenant.do("lifecycle", {"userPrincipalName": upn})
        return str(call["data"]["callbackUriPath"])


def _person(employee: Employee) -> Person:
    """One of the company's people, as Entra shows them."""
    return Person(
        ref=UserRef(
            object_id=employee.object_id,
            user_principal_name=employee.user_principal_name,
            employee_id=employee.employee_id,
        ),
        enabled=not employee.disabled,
        guest=employee.guest,
        licensed=not (employee.unlicensed or employee.guest),
        hire_date=datetime.combine(employee.hire_date, time(), UTC),
        department=employee.department,
        company=employee.employer,
        employee_type=employee.employee_type,
        job_title=employee.job_title,
        office=employee.site,
        usage_location=SITES[employee.site],
    )


def _synced(upn: str) -> Person:
    known = COMPANY.by_upn.get(upn)
    person = _person(known) if known else Person(ref=UserRef(object_id=object_id("user", upn)))
    ref = replace(person.ref, user_principal_name=upn, source_anchor=anchor_of(upn), sid="S-1-5")
    return replace(person, ref=ref, synced=True)
