"""The tenant: its directory and everything that imposes its conditions on who asks."""

from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

from sandbox.company import Company, object_id
from sandbox.tenant.audits import AuditLog
from sandbox.tenant.clock import Clock
from sandbox.tenant.cloud_sync import CloudSync
from sandbox.tenant.contract import Contract
from sandbox.tenant.directory import Directory, ObjectChange, User
from sandbox.tenant.faults import Faults
from sandbox.tenant.lifecycle_tasks import Lifecycle
from sandbox.tenant.quotas import Quotas
from sandbox.tenant.recorder import Recorder
from sandbox.tenant.scope_choice import Choice, Choices, Everybody
from sandbox.tenant.seed import seeded_directory
from sandbox.tenant.settings import Settings
from sandbox.tenant.store import Store
from sandbox.tenant.webhook_keys import WebhookKeys
from sandbox.tenant.write_turns import WriteTurns

TENANT_ID = object_id("tenant", "contoso")


@dataclass
class Tenant:
    """One tenant. `directory`, `audits`, `settings`, `choices`, `identities` survive a restart."""

    company: Company
    store: Store
    signing_key: bytes
    clock: Clock
    contract: Contract | None
    connect_host: str | None
    """What the settings start with."""
    granted_for: tuple[str, ...] = ()
    """Cases of `infra/graph/permissions.json` that the app's identity has the permissions of."""
    directory: Directory = field(init=False)
    audits: AuditLog = field(default_factory=AuditLog)
    settings: Settings = field(init=False)
    choices: Choices = field(init=False)
    """Whom SSPR is switched on for, and was before."""
    identities: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Configured identities by client id, as `POST /sandbox/identities` describes them."""
    quotas: Quotas = field(init=False)
    faults: Faults = field(default_factory=Faults)
    recorder: Recorder = field(default_factory=Recorder)
    write_turns: WriteTurns = field(default_factory=WriteTurns)
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    cloud_sync: CloudSync = field(default_factory=CloudSync)
    keys: WebhookKeys = field(default_factory=WebhookKeys)

    def __post_init__(self) -> None:
        self.quotas = Quotas(len(self.company.people_in_cloud))
        self.settings = Settings(connect_host=self.connect_host)
        stored = self.store.load_directory()
        self.directory = stored or seeded_directory(self.company, self.clock.now())
        for settings in self.store.objects("settings"):
            if self.connect_host:
                settings["connectHost"] = self.connect_host
            self.settings = self.settings.changed(settings)
        self.choices = Choices(self.store.objects("scope-choice"))
        self.audits.entries = list(self.store.objects("audit"))
        self.identities = {each["clientId"]: each for each in self.store.objects("identity")}
        self.save()

    def reset(self) -> None:
        """Begin again: the company as on its first day, default settings, no faults."""
        self.store.clear()
        self.faults.clear()
        self.recorder.reset()
        self.cloud_sync = CloudSync()
        self.clock.move_to(0.0)
        self.__post_init__()

    def save(self) -> None:
        """Put what has changed on disk."""
        self.store.save([*self.directory.take_changes(), *self.audits.take_changes()])

    def change_settings(self, settings: Settings) -> None:
        """Take new settings, and keep them."""
        self.settings = settings
        self.store.save([ObjectChange("settings", "current", settings.described())])

    def configure_identity(self, identity: dict[str, Any]) -> None:
        """Say what the managed identity `identity["clientId"]` may do."""
        self.identities[identity["clientId"]] = identity
        self.store.save([ObjectChange("identity", identity["clientId"], identity)])

    def set_member(self, group: str, member: str, *, present: bool) -> bool:
        """Add or remove a member now; answers whether that changed anything."""
        now = self.clock.now()
        horizon = now - self.settings.longest_lag_seconds
        self.directory.membership.forget_changes(group, horizon)
        return self.directory.set_member(group, member, now, present=present)

    def visible(self, user: User) -> bool:
        """Whether the user has been there long enough to be found."""
        return user.visible_at <= self.clock.now()

    def choose_scope(self, scope: str, group: str | None, actor: User | None) -> None:
        """Switch SSPR on for nobody, a group or everybody, as an administrator does."""
        before, now = self.choices.as_of(), self.clock.now()
        chosen = Choice(now, scope, group or before.group)
        settings = chosen.changed_settings(before)
        self.choices.add(chosen)
        self.store.save(
            [ObjectChange("scope-choice", f"{len(self.choices):09}", chosen.described())]
        )
        if settings and self.settings.scope_is_audited:
            self.audits.write_settings(actor, settings, now)

    def in_scope(self, as_of: float | None = None) -> Container[str]:
        """Everything that SSPR is switched on for: what is in the selected group, as a rule."""
        choice = self.choices.as_of(as_of)
        if choice.scope == "all":
            return Everybody()
        if choice.scope == "none":
            return frozenset()
        return self.directory.membership.transitive(choice.group, as_of)

    def sspr_enabled(self, user: User, scope: Container[str]) -> bool:
        """Whether SSPR lets the user in; administrators have a policy of their own."""
        return user.governed_as_administrator or user.id in scope
