"""A tenant: people, groups, roles and registrations, as Entra would show them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.methods import HeldMethods
from shared.domain.person.people import Memberships, Person, Registration
from shared.domain.person.scope_group import ScopeGroup
from shared.domain.rollout.cloud_sync import SyncJob
from shared.domain.rollout.resets import Reset
from shared.domain.rollout.sspr_policy import PolicyChange, SettingChange, SsprScope


@dataclass(slots=True)
class Group:
    """A group of people and of groups; one that others write refuses to be written here."""

    members: set[str] = field(default_factory=set)
    kind: ScopeGroup = field(default_factory=ScopeGroup)
    sid: str | None = None
    """Of an AD group's twin."""


@dataclass(slots=True)
class _Write:
    """A membership that was written and does not show yet."""

    group_id: str
    member_id: str
    added: bool
    looks: int
    """After so many more it shows."""


_USUAL = frozenset({"email", "mobilePhone"})
_NUMBERS = {SsprScope.NONE: "0", SsprScope.GROUP: "1", SsprScope.ALL: "2"}
"""As the audit log of the simulated tenant has them."""


@dataclass(slots=True)
class Tenant:
    """Filled by whoever tests; ids are object ids.

    Entra shows a new membership late. Here `listing_lag` looks at who is in which group, of
    whomever, pass before one that was written shows.
    """

    scope_group_id: str
    listing_lag: int = 0
    page: int = 999
    """People to a page of everybody."""
    people: dict[str, Person] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    administrators: set[str] = field(default_factory=set)
    """Who holds a directory role."""
    registered: set[str] = field(default_factory=set)
    """Who has registered for SSPR."""
    methods: dict[str, frozenset[str]] = field(default_factory=dict)
    """What those have registered who differ from the others."""
    report: dict[str, Registration] | None = None
    """What the registration report says, as long as it lags; None: what is."""
    places: dict[str, str] = field(default_factory=dict)
    """The places of the report that are known, and after whom each goes on; forget them, and
    whoever goes on from one begins again."""
    longest_place: int = 0
    """Characters that a place has at least: how long Graph's may be is not documented."""
    resets: list[Reset] = field(default_factory=list)
    policy_changes: list[PolicyChange] = field(default_factory=list)
    """What the audit log tells of SSPR's own settings."""
    sspr: SsprScope = SsprScope.GROUP
    """Whom SSPR is switched on for."""
    selected: str | None = None
    """The group that is selected where it is another than the scope group."""
    sync_jobs: list[SyncJob] = field(default_factory=list)
    """Of Entra Cloud Sync."""
    in_ad: dict[str, Person] = field(default_factory=dict)
    """Who is in AD and not here yet, by their DN."""
    on_demand_trouble: str = ""
    """Why Cloud Sync cannot be asked for single people; empty: it can."""
    account_changes: list[str] = field(default_factory=list)
    """Whose account has changed, in turn; a place among them is good for one epoch."""
    changes_epoch: int = 1
    """Another one, and Graph has forgotten every place."""
    changes_trouble: str = ""
    """Why nobody tells of changed accounts; empty: somebody does."""
    conversions: list[tuple[str, datetime]] = field(default_factory=list)
    """Who was converted and when, as far as the audit log tells."""
    overlooked: set[str] = field(default_factory=set)
    """Whom the next look at their memberships does not know, as a replica that lags answers 404."""
    log_trouble: str = ""
    """Why the audit log is not to be read for them; empty: it is."""
    _unshown: list[_Write] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.groups.setdefault(self.scope_group_id, Group())

    def put(self, person: Person, *group_ids: str, administrator: bool = False) -> Person:
        """Puts somebody in the tenant, or changes them, and adds them to these groups."""
        self.people[person.object_id] = person
        self.account_changes.append(person.object_id)
        for group_id in group_ids:
            self.join(group_id, person.object_id)
        if administrator:
            self.administrators.add(person.object_id)
        return person

    def remove(self, object_id: str) -> None:
        """Deletes somebody, with all that they are a member of."""
        del self.people[object_id]
        self.administrators.discard(object_id)
        for group in self.groups.values():
            group.members.discard(object_id)

    def join(self, group_id: str, *member_ids: str) -> None:
        """Adds people or groups to a group, which is made where there is none; it shows at once."""
        self.groups.setdefault(group_id, Group()).members.update(member_ids)

    def leave(self, group_id: str, *member_ids: str) -> None:
        """Takes people or groups out of a group; it shows at once."""
        self.groups[group_id].members.difference_update(member_ids)

    def write(self, group_id: str, member_id: str, *, add: bool) -> None:
        """Changes a membership as Graph does; it shows after the lag."""
        members = self.groups[group_id].members
        if add:
            members.add(member_id)
        else:
            members.discard(member_id)
        if self.listing_lag:
            self._unshown.append(_Write(group_id, member_id, add, self.listing_lag))

    def show_all(self) -> None:
        """Lets everything show that was written until now."""
        self._unshown.clear()

    def shown_groups(self) -> dict[str, set[str]]:
        """Returns who is in which group, people and groups; the call counts as one look."""
        shown = {group_id: set(group.members) for group_id, group in self.groups.items()}
        for write in reversed(self._unshown):
            if write.added:
                shown[write.group_id].discard(write.member_id)
            else:
                shown[write.group_id].add(write.member_id)
            write.looks -= 1
        self._unshown = [write for write in self._unshown if write.looks]
        return shown

    def people_in(self, group_id: str) -> frozenset[str]:
        """Returns the people in a group, direct or nested, by one look.

        Raises:
            DirectoryUnavailable: there is no such group.
        """
        if group_id not in self.groups:
            raise DirectoryUnavailable(f"Graph answered 404: there is no group {group_id}")
        shown = self.shown_groups()
        return frozenset(_reached(group_id, shown) & self.people.keys())

    def is_in_scope(self, group_id: str) -> bool:
        """Tells whether this is the scope group, or in it, by one look."""
        shown = self.shown_groups()
        return group_id in {self.scope_group_id, *_reached(self.scope_group_id, shown)}

    def memberships(self, object_ids: Iterable[str]) -> dict[str, Memberships]:
        """Returns the groups of each of these people, direct or through others, by one look."""
        shown = self.shown_groups()
        reached = {group_id: _reached(group_id, shown) for group_id in shown}
        overlooked, self.overlooked = self.overlooked, set()
        return {
            each: Memberships(
                frozenset(group_id for group_id, members in reached.items() if each in members),
                holds_directory_role=each in self.administrators,
            )
            for each in object_ids
            if each in self.people and each not in overlooked
        }

    def registrations(self) -> dict[str, Registration]:
        """Returns the registration report: who is in scope, and who has registered.

        Disabled accounts are not in it, as in Microsoft's.
        """
        if self.report is not None:
            return dict(self.report)
        enabled = self._enabled()
        return {
            each: Registration(each, each in enabled, each in self.registered, self._held(each))
            for each, person in self.people.items()
            if person.enabled
        }

    def new_place(self, after: str) -> str:
        """Makes a place of the report, which goes on after that person."""
        place = f"place-{len(self.places)}-{after}".ljust(self.longest_place, ".")
        self.places[place] = after
        return place

    def place_in_report(self, place: str | None) -> str:
        """Returns after whom the report goes on there; at its beginning if that is not known."""
        return self.places.get(place or "", "")

    def _enabled(self) -> Collection[str]:
        if self.sspr is not SsprScope.GROUP:
            return self.people if self.sspr is SsprScope.ALL else ()
        direct = {group_id: group.members for group_id, group in self.groups.items()}
        return _reached(self.selected or self.scope_group_id, direct)

    def switch_sspr(self, scope: SsprScope, at: datetime, group_id: str | None = None) -> None:
        """Chooses whom SSPR is on for, as an administrator does, and has the audit log tell it."""
        before, self.sspr = self.sspr, scope
        old, self.selected = self.selected or self.scope_group_id, group_id
        settings = [SettingChange("EnablementType", _NUMBERS[before], _NUMBERS[scope])]
        if scope is SsprScope.GROUP:
            new = group_id or self.scope_group_id
            settings.append(SettingChange("PasswordResetEnabledGroupIds", old, new))
        self.policy_changes.append(
            PolicyChange(at=at, activity="Update SSPR Settings", settings=tuple(settings))
        )

    def _held(self, object_id: str) -> HeldMethods:
        usual = _USUAL if object_id in self.registered else frozenset()
        return HeldMethods(
            self.methods.get(object_id, usual), administrator=object_id in self.administrators
        )

    def freeze_report(self) -> None:
        """Lets the report say from now on what it says now, until `report` is None again."""
        self.report = self.registrations()


def _reached(group_id: str, groups: dict[str, set[str]]) -> set[str]:
    """Returns everybody and every group in a group, direct or nested."""
    reached: set[str] = set()
    pending = [group_id]
    while pending:
        members = groups.get(pending.pop(), set()) - reached
        reached |= members
        pending += members & groups.keys()
    return reached
