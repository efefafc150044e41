"""The app's settings, each with what to put there."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.contracts.documents.hr_sources.meaning import Rate, brake_of
from shared.domain.addresses import is_safe_for_tokens
from shared.domain.clouds import Cloud
from shared.domain.person.brake import Brake
from shared.domain.person.licences import DEFAULT_LICENCES, Licences
from shared.domain.person.people import is_object_id
from shared.domain.person.policy import TenantRules, Topology
from shared.domain.rollout.endings import Ending
from shared.ports.world import TimeLimits
from shared.settings.values import Duration, days, pairs

_BUS = "ServiceBusConnection"
_INSIGHTS = "APPLICATIONINSIGHTS_"
_LEADS_SOMEWHERE = frozenset({"accountname", "tableendpoint", "usedevelopmentstorage", "endpoint"})
"""Names of which a connection string has at least one."""
_DEFAULTS = TenantRules(scope_group_id="")
_LIMITS = TimeLimits()


class AppSettings(BaseSettings):
    """What the app is told by its environment; every field's text says what to put there.

    Durations are written `30m` or `14d`; ISO 8601 (`PT30M`, `P14D`) is understood as well.
    """

    model_config = SettingsConfigDict(
        env_prefix="SSPR_",
        extra="ignore",
        populate_by_name=True,
        env_nested_delimiter="__",
        hide_input_in_errors=True,
    )

    scope_group_id: str = Field(
        description="the object id of the group that is selected in Entra's SSPR settings"
    )
    topology: Topology = Field(
        Topology.NESTED,
        description="nested (cloud group with the synced AD group in it), synced or cloud",
    )
    excluded_group_ids: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(), description="object ids, separated by commas, of groups never to enrol"
    )
    cloud_sync_ids: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(),
        description="object ids, separated by commas, of the service principals of Entra Cloud "
        "Sync's configurations; only where a worker's sync is that",
    )
    provision_on_demand: bool = Field(
        False,
        description="true has Entra Cloud Sync bring a new hire at once, ahead of its next cycle; "
        "with one id in SSPR_CLOUD_SYNC_IDS, SSPR_WORKER_SYNC_PROVISION_ON_DEMAND, and the "
        "permission Synchronization.ReadWrite.All",
    )

    cloud: Cloud = Field(
        Cloud.PUBLIC,
        description="public, usgov (GCC High), usgov-dod or china: where Graph and Entra are",
    )
    graph_url: str | None = Field(
        None, description="Graph's base URL, with its version, where it is not the cloud's own"
    )
    writeback_plans: Annotated[frozenset[str], NoDecode] = Field(
        DEFAULT_LICENCES.plans,
        description="service plan ids, separated by commas, with which anybody may reset",
    )
    cloud_only_skus: Annotated[frozenset[str], NoDecode] = Field(
        DEFAULT_LICENCES.cloud_only_skus,
        description="sku ids, separated by commas, with which people of the cloud may reset",
    )
    reads_role_assignments: bool = Field(
        False,
        description="true where the app has RoleManagement.Read.Directory: eligible roles count, "
        "and those of an administrative unit",
    )
    identity_client_id: str | None = Field(
        None, description="the client id of the user-assigned managed identity"
    )
    ledger_connection_string: SecretStr | None = Field(
        None, description="a storage connection string; for a lab without managed identity"
    )
    ledger_endpoint: str | None = Field(
        None, description="the table endpoint, https://ACCOUNT.table.core.windows.net"
    )

    service_bus_connection_string: SecretStr | None = Field(
        None,
        validation_alias=_BUS,
        description="a Service Bus connection string; for a lab without managed identity",
    )
    service_bus_namespace: str | None = Field(
        None,
        validation_alias=f"{_BUS}__fullyQualifiedNamespace",
        description="NAMESPACE.servicebus.windows.net",
    )
    service_bus_endpoint: str | None = Field(
        None,
        validation_alias=f"{_BUS}__customEndpoint",
        description="the address to connect to where it is not the namespace's own",
    )
    service_bus_ca_file: Path | None = Field(
        None,
        validation_alias=f"{_BUS}__caFile",
        description="a PEM file of the authority behind that endpoint",
    )
    service_bus_transport: Literal["Amqp", "AmqpOverWebsocket"] = Field(
        "Amqp",
        validation_alias=f"{_BUS}__transport",
        description="Amqp or AmqpOverWebsocket",
    )

    telemetry_connection_string: SecretStr | None = Field(
        None,
        validation_alias=f"{_INSIGHTS}CONNECTION_STRING",
        description="the connection string of Application Insights; without it nothing is sent",
    )
    telemetry_authentication: str | None = Field(
        None,
        validation_alias=f"{_INSIGHTS}AUTHENTICATION_STRING",
        description="Authorization=AAD, with ;ClientId=… for a user-assigned identity",
    )
    worker_sends_everything: bool = Field(
        False,
        validation_alias="PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY",
        description="leave it unset; true in PYTHON_ENABLE_OPENTELEMETRY takes its place",
    )

    command_lifetime: Duration = Field(
        _LIMITS.command_lifetime, description="how long a directory command may wait for the worker"
    )
    lease: Duration = Field(
        _LIMITS.lease,
        description="how long an expansion that has died keeps others from going on with it",
    )
    message_lock: Duration = Field(
        _LIMITS.message_lock,
        description="lockDuration of the queues that batches are taken from; work on a batch ends "
        "in half of it",
    )
    ending_notice: Duration = Field(
        _LIMITS.ending_notice,
        description="how long before its end a certificate, a password or an account is reported",
    )
    ending_urgent: Duration = Field(
        _LIMITS.ending_urgent, description="how long before its end that is urgent"
    )
    ending_dates: Annotated[dict[str, datetime], NoDecode] = Field(
        default_factory=dict,
        description="what else ends, which nobody can look up, as NAME=DAY, separated by commas: "
        "workday secret=2027-03-01",
    )
    operator_auth: Literal["key", "entra"] = Field(
        "key", description="key (function keys) or entra (tokens, with app roles)"
    )
    operator_audience: str | None = Field(
        None,
        description="what operators' tokens are issued for: the client id of the app registration "
        "that has the app roles, or its api://…",
    )
    hr_sources_file: Path | None = Field(
        None, description="the file of HR sources, where it is not hr-sources.yaml beside the app"
    )
    hr_secrets: dict[str, SecretStr] = Field(
        default_factory=dict,
        description="as SSPR_HR_SECRETS__NAME: the secret that a source's hmac calls NAME",
    )
    hr_audience: str | None = Field(
        None, description="what tokens of HR systems are issued for: api://… or a client id"
    )
    entra_tenant_id: str | None = Field(
        None, description="the tenant whose tokens are taken from operators and HR systems, a GUID"
    )
    entra_authority: str | None = Field(
        None, description="where Entra is, without the tenant, where it is not the cloud's own"
    )
    callback_retry: Duration = Field(
        _LIMITS.callback_retry,
        description="after how long it is looked again for what a lifecycle workflow waits for",
    )
    most: Rate = Field(
        "500 in 1h",
        description="how many people events of no HR source may bring in at once, and take out: "
        "500 in 1h, or unlimited",
    )
    most_leaving: Rate | None = Field(
        None, description="how many they may take out at once, where that is another number"
    )
    waiting_deadline: Duration = Field(
        _DEFAULTS.waiting_deadline,
        description="how long somebody may be in neither directory, counted from the hire date or "
        "the event",
    )
    first_retry: Duration = Field(
        _DEFAULTS.first_retry,
        description="after how long somebody who waits is looked for again; then twice as long",
    )
    longest_retry: Duration = Field(
        _DEFAULTS.longest_retry,
        description="the longest pause between two checks for somebody who waits",
    )
    written_within: Duration = Field(
        _DEFAULTS.written_within,
        description="how long a change may take until it is written, or handed to the worker",
    )
    answered_within: Duration = Field(
        _DEFAULTS.answered_within,
        description="how long the worker may take to answer a command",
    )
    visible_within_cloud: Duration = Field(
        _DEFAULTS.visible_within_cloud,
        description="how long Entra may take to show a membership that Graph has written",
    )
    visible_within_synced: Duration = Field(
        _DEFAULTS.visible_within_synced,
        description="the same of one written in AD: three sync cycles of 30 minutes",
    )
    visible_within_cloud_sync: Duration = Field(
        _DEFAULTS.visible_within_cloud_sync,
        description="the same where every worker says that its sync is Entra Cloud Sync",
    )
    effective_within: Duration = Field(
        _DEFAULTS.effective_within,
        description="how long the registration report may take to show somebody as enabled",
    )
    additions_per_hour: Annotated[int, Field(ge=1)] = Field(
        _DEFAULTS.additions_per_hour,
        description="how many people events, repairs and the rule for new hires may put in within "
        "an hour, unasked",
    )
    removals_per_hour: Annotated[int, Field(ge=1)] = Field(
        _DEFAULTS.removals_per_hour,
        description="how many people may be taken out within an hour, unasked",
    )
    removals_per_hour_share: Annotated[float, Field(gt=0, le=1)] = Field(
        _DEFAULTS.removals_per_hour_share,
        description="the same as a share of those who are in; ten people are never too many by it",
    )
    reissue_limit: Annotated[int, Field(ge=0, le=20)] = Field(
        _DEFAULTS.reissue_limit,
        description="how often a write that does not show is issued again, before it is flagged",
    )

    @field_validator(
        "excluded_group_ids", "cloud_sync_ids", "writeback_plans", "cloud_only_skus", mode="before"
    )
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return frozenset(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("ending_dates", mode="before")
    @classmethod
    def _are_days(cls, value: Any) -> Any:
        return days(value) if isinstance(value, str) else value

    @field_validator("scope_group_id", "excluded_group_ids", "cloud_sync_ids")
    @classmethod
    def _is_group(cls, value: Any) -> Any:
        for one in [value] if isinstance(value, str) else value:
            if not is_object_id(one):
                raise ValueError(f"{one!r} is not an object id, by which this is named")
        # Graph writes ids in lower case, and they are compared letter by letter.
        if isinstance(value, str):
            return value.strip().lower()
        return frozenset(one.lower() for one in value)

    @field_validator("writeback_plans", "cloud_only_skus")
    @classmethod
    def _is_licence(cls, value: frozenset[str]) -> frozenset[str]:
        for one in value:
            if not is_object_id(one):
                raise ValueError(f"{one!r} is not a GUID; plans and subscriptions are named by id")
        return frozenset(one.lower() for one in value)

    @field_validator("entra_tenant_id")
    @classmethod
    def _is_tenant(cls, value: str | None) -> str | None:
        # By a domain's name Entra would answer, and no token would name that tenant.
        if value and not is_object_id(value):
            raise ValueError("is no GUID; a tenant is named by its id")
        return value

    @field_validator("ledger_connection_string", "service_bus_connection_string")
    @classmethod
    def _is_connection_string(cls, value: SecretStr | None) -> SecretStr | None:
        # Otherwise found out when the first message has been taken off its queue.
        if value and _LEADS_SOMEWHERE.isdisjoint(pairs(value.get_secret_value())):
            raise ValueError("no connection string: it names no account and no endpoint")
        return value

    @field_validator("hr_secrets")
    @classmethod
    def _is_resolved(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        # App Service hands the reference itself on while it cannot be resolved, and that anybody
        # could write. Source: "Use Key Vault references", Troubleshoot, Microsoft Learn.
        for name, secret in value.items():
            if secret.get_secret_value().startswith("@Microsoft.KeyVault("):
                raise ValueError(
                    f"SSPR_HR_SECRETS__{name.upper()} is a reference to Key Vault that could not "
                    "be resolved; see that the secret is there and the app's identity may read it"
                )
        return value

    @field_validator("telemetry_connection_string", "telemetry_authentication", mode="before")
    @classmethod
    def _unset(cls, value: Any) -> Any:
        return value or None

    @field_validator("telemetry_authentication")
    @classmethod
    def _is_authentication(cls, value: str | None) -> str | None:
        if value is not None and pairs(value).get("authorization") != "AAD":
            raise ValueError("only Authorization=AAD is known")
        return value

    @field_validator("graph_url", "ledger_endpoint")
    @classmethod
    def _keeps_tokens_safe(cls, value: str | None) -> str | None:
        if value is not None and not is_safe_for_tokens(value):
            raise ValueError("not https://HOST…; tokens would be sent in the clear")
        return value

    def contradictions(self) -> Iterator[str]:
        """Yields a sentence for each setting that is right by itself, but not beside the rest.

        It contradicts the rest, or would be dangerous beside it.
        """
        if self.scope_group_id in self.excluded_group_ids:
            yield "SSPR_EXCLUDED_GROUP_IDS names the scope group; nobody could be enrolled"
        if self.provision_on_demand and len(self.cloud_sync_ids) != 1:
            yield (
                f"SSPR_PROVISION_ON_DEMAND is true beside {len(self.cloud_sync_ids)} ids in "
                "SSPR_CLOUD_SYNC_IDS; it needs exactly one: which configuration reads a person's "
                "domain cannot be asked"
            )
        if self.operator_auth == "entra":
            for name, value in (
                ("SSPR_ENTRA_TENANT_ID", self.entra_tenant_id),
                ("SSPR_OPERATOR_AUDIENCE", self.operator_audience),
            ):
                if not value:
                    yield f"SSPR_OPERATOR_AUTH is entra: set {name}, or no token can be checked"
        if self.worker_sends_everything:
            yield (
                "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY is true: Azure's Python worker would "
                "send the address of every request to Graph, and those name people; set "
                "PYTHON_ENABLE_OPENTELEMETRY instead"
            )
        yield from _not_exactly_one(
            SSPR_LEDGER_CONNECTION_STRING=self.ledger_connection_string,
            SSPR_LEDGER_ENDPOINT=self.ledger_endpoint,
        )
        yield from _not_exactly_one(
            **{
                _BUS: self.service_bus_connection_string,
                f"{_BUS}__fullyQualifiedNamespace": self.service_bus_namespace,
            }
        )

    @property
    def telemetry_client_id(self) -> str | None:
        """The client id of the identity that telemetry is sent by; None is the system-assigned."""
        return pairs(self.telemetry_authentication or "").get("clientid")

    @property
    def tenant_rules(self) -> TenantRules:
        """The settings that decisions depend on, whatever the rollout document says."""
        # Which domains are served the workers say, and no setting.
        set_here = [one.name for one in fields(TenantRules) if one.name in type(self).model_fields]
        return TenantRules(**{name: getattr(self, name) for name in set_here})

    @property
    def graph_base_url(self) -> str:
        """Where Graph is, with its version."""
        return self.graph_url or self.cloud.places.graph_url

    @property
    def authority(self) -> str:
        """Where Entra is, without the tenant."""
        return self.entra_authority or self.cloud.places.login

    @property
    def licences(self) -> Licences:
        """What has to be assigned to whoever is to reset a password."""
        return Licences(plans=self.writeback_plans, cloud_only_skus=self.cloud_only_skus)

    @property
    def brake(self) -> Brake:
        """How many people events of no HR source may bring in and take out at once."""
        return brake_of(self.most, self.most_leaving)

    @property
    def dated_endings(self) -> tuple[Ending, ...]:
        """What ends on a day that only the settings tell."""
        return tuple(
            Ending(what="named", of=name, ends_at=ends, whose="SSPR_ENDING_DATES")
            for name, ends in self.ending_dates.items()
        )

    @property
    def time_limits(self) -> TimeLimits:
        """The settings for how long others may take."""
        return TimeLimits(**{one.name: getattr(self, one.name) for one in fields(TimeLimits)})


def _not_exactly_one(**values: str | SecretStr | None) -> Iterator[str]:
    given = [name for name, value in values.items() if value]
    if len(given) != 1:
        names = " or ".join(values)
        yield f"set {names}: {'both are set' if given else 'neither is set'}"
