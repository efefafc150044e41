"""The words of a rollout document. The descriptions are its reference, in the JSON Schema too."""

from copy import copy
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

from shared.contracts.documents.part import Part, unless_left_out
from shared.contracts.documents.rollout.gates import Gates
from shared.contracts.documents.scalars import (
    Clock,
    Day,
    Days,
    MethodName,
    Name,
    ObjectId,
    Share,
    Span,
    TimeZone,
    between,
)
from shared.domain.person.people import Attribute
from shared.domain.person.policy import Topology
from shared.domain.rollout.document import DriftAction

SCHEMA = "sspr-rollout/rollout/1"
SELECTIONS = ("people", "group", "count", "percent")
"""The keys of a wave of which it has exactly one."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Texts = list[Text]
ObjectIds = list[ObjectId]
Ring = Annotated[ObjectIds, Field(min_length=1)]
Count = Annotated[int, Field(ge=1)]
Percent = Annotated[float, Field(gt=0, le=100)]
Soak = Annotated[Span, between("PT0S", "P366D")]
Rhythm = Annotated[Span, between("PT1M", "P1D")]


class ScopePart(Part):
    """The group that SSPR has selected, and how it is built."""

    group: ObjectId = Field(
        description="Object id of the group selected under Password reset > Properties."
    )
    topology: Topology = Field(
        description="How it is built. nested: a cloud group in which the synced AD group is "
        "nested; synced: the synced AD group itself; cloud: one cloud group that holds everybody."
    )


class PopulationPart(Part):
    """Who the rollout is about."""

    groups: ObjectIds = Field(
        min_length=1, description="Object ids; members of any of them, direct or nested."
    )


class ExcludedAttributesPart(Part):
    """Values by attribute; whoever has one of them stays out. Case does not matter."""

    department: Texts = Field([], description="The same as `departments`.")
    company_name: Texts = Field([], description="Companies.")
    employee_type: Texts = Field([], description="Such as Contractor or Intern.")
    job_title: Texts = Field([], description="Job titles.")
    office_location: Texts = Field([], description="Offices.")
    usage_location: Texts = Field([], description="Countries as two letters, such as DE or NO.")
    on_premises_domain_name: Texts = Field(
        [], description="AD domains that people are synced from, such as corp.contoso.com."
    )


class ExtensionAttributesPart(Part):
    """Patterns by extension attribute, as Exchange and AD have them."""

    extension_attribute1: Texts = Field([], description="Patterns of extensionAttribute1.")
    extension_attribute2: Texts = Field([], description="Patterns of extensionAttribute2.")
    extension_attribute3: Texts = Field([], description="Patterns of extensionAttribute3.")
    extension_attribute4: Texts = Field([], description="Patterns of extensionAttribute4.")
    extension_attribute5: Texts = Field([], description="Patterns of extensionAttribute5.")
    extension_attribute6: Texts = Field([], description="Patterns of extensionAttribute6.")
    extension_attribute7: Texts = Field([], description="Patterns of extensionAttribute7.")
    extension_attribute8: Texts = Field([], description="Patterns of extensionAttribute8.")
    extension_attribute9: Texts = Field([], description="Patterns of extensionAttribute9.")
    extension_attribute10: Texts = Field([], description="Patterns of extensionAttribute10.")
    extension_attribute11: Texts = Field([], description="Patterns of extensionAttribute11.")
    extension_attribute12: Texts = Field([], description="Patterns of extensionAttribute12.")
    extension_attribute13: Texts = Field([], description="Patterns of extensionAttribute13.")
    extension_attribute14: Texts = Field([], description="Patterns of extensionAttribute14.")
    extension_attribute15: Texts = Field([], description="Patterns of extensionAttribute15.")


class ExcludedKindPart(ExtensionAttributesPart):
    """Accounts that are nobody's own; whoever is like one of the patterns is of the kind.

    In a pattern `*` stands for any text. Case does not matter.
    """

    name: Name = Field(description="Unique; the plan counts the accounts under it.")
    user_principal_name: Texts = Field([], description="Such as room-*@contoso.com.")
    display_name: Texts = Field([], description="Such as Meeting room *.")
    employee_type: Texts = Field([], description="Such as Service.")
    creation_type: Texts = Field([], description="Such as Invitation or LocalAccount.")


class ExcludePart(Part):
    """Who stays out; whoever is in and comes to be excluded is taken out again."""

    groups: ObjectIds = Field([], description="Object ids; their members, direct or nested.")
    departments: Texts = Field([], description="Departments; case does not matter.")
    attributes: ExcludedAttributesPart = Field(
        ExcludedAttributesPart(), description="Values of other attributes."
    )
    people: ObjectIds = Field(
        [], description="Object ids, never names: `az ad user show --id UPN --query id`."
    )
    external_members: bool = Field(
        True,
        description="Members whose account is at home in another tenant (#EXT#), by cross-tenant "
        "synchronization or a multitenant organization: their password is there.",
    )
    kinds: list[ExcludedKindPart] = Field(
        [], max_length=50, description="Rooms, shared mailboxes, service accounts and the like."
    )


class NewHiresPart(Part):
    """People who are put in without waiting for a wave."""

    since: Day = Field(description="Whoever is hired on this day or later, as Entra has it.")


class HoursPart(Part):
    """When a wave may begin. Without any, always."""

    days: Days = Field(
        ["mon-sun"], min_length=1, description="mon, tue …, a range such as mon-fri, or a list."
    )
    opens: Clock = Field(
        "00:00", alias="from", title="From", description="From this time of day on."
    )
    closes: Clock = Field(
        "24:00", alias="to", title="To", description="Until just before this time of day."
    )


class FreezePart(Part):
    """Days on which no wave begins."""

    first: Day = Field(alias="from", title="From", description="The first day.")
    last: Day = Field(alias="to", title="To", description="The last day; it is frozen as well.")
    reason: Text = Field(description="Shown to whoever asks why nothing happens.")


class CalendarPart(Part):
    """When waves may begin; one that has begun is finished, and gates are always looked at."""

    time_zone: TimeZone = Field("UTC", description="IANA name of the zone for hours and days.")
    hours: HoursPart = Field(
        HoursPart(), description="Working hours, for every wave without its own."
    )
    freezes: list[FreezePart] = Field([], description="Change freezes.")


class WavePart(Part):
    """One step: exactly one of people, group, count or percent says who, earlier waves stay in."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [key]} for key in SELECTIONS]}
    )

    name: Name = Field(description="Unique; commands and reports call the wave by it.")
    people: Ring | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="A ring: people by object id, named one by one.",
    )
    group: ObjectId | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="The members of a group, by object id; direct or nested.",
    )
    count: Count | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="So many people, those of earlier counts and percentages included.",
    )
    percent: Percent | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="So many of 100 eligible people, earlier counts and percentages included.",
    )
    soak: Soak = Field(
        "1d", description="The least time between the wave's last request and the next wave."
    )
    hours: HoursPart | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="In the place of the calendar's hours; its freezes hold all the same.",
    )
    gates: Gates = Field(Gates(), description="What differs from the document's gates.")


class AdditionsPart(Part):
    """How many people one plan may add; it is refused where it would add more."""

    share: Share = Field(
        1.0,
        description="Share of everybody eligible, from 0 to 1; ten people are never refused.",
    )
    people: int | None = Field(None, ge=0, description="So many people; null: no such limit.")


class RemovalsPart(Part):
    """How many people one plan may remove; it is refused where it would remove more."""

    share: Share = Field(
        0.05,
        description="Share of everybody in scope, from 0 to 1; ten people are never refused.",
    )
    people: int | None = Field(500, ge=0, description="So many people; null: no such limit.")


class SafetyPart(Part):
    """Limits for one plan; beyond them an operator has to force it, with a reason."""

    additions: AdditionsPart = Field(AdditionsPart(), description="Limits on additions.")
    removals: RemovalsPart = Field(RemovalsPart(), description="Limits on removals.")


class DriftPart(Part):
    """What becomes of memberships that somebody changed by hand."""

    removed_by_hand: DriftAction = Field(
        DriftAction.REPAIR,
        description="Somebody was taken out who belongs in. repair: put in again; report: only "
        "reported.",
    )
    added_by_hand: DriftAction = Field(
        DriftAction.REPORT,
        description="Somebody was put in whom nothing here wants in. repair: taken out again; "
        "report: only reported.",
    )


class MethodPart(Part):
    """What is known of one method; it takes the place of what Microsoft documents."""

    counts: bool = Field(True, description="Whether it counts for a reset at all.")
    since: Day | None = Field(
        None,
        alias="from",
        title="From",
        json_schema_extra=unless_left_out,
        description="The first day on which it counts.",
    )
    until: Day | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="The first day on which it no longer counts.",
    )
    alone: bool = Field(
        True, description="Whether it is enough where one method is required. false: beside others."
    )


class ResetsPart(Part):
    """What a reset asks for, as the tenant has it set under Password reset."""

    methods_required: Literal[1, 2] = Field(
        1, description="Number of methods required to reset; administrators always need two."
    )
    methods: dict[MethodName, MethodPart] = Field(
        {},
        description="By the names of Entra's registration report: where the tenant differs from "
        "what Microsoft documents, such as a provider of its own for text messages.",
    )


class RolloutPart(Part):
    """Who may reset their own password, in which waves, and what must hold before the next."""

    schema_: Literal["sspr-rollout/rollout/1"] = Field(
        alias="schema", description="Kind and version of the document."
    )
    name: Name = Field(description="The rollout's name.")
    salt: Text | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="Decides with the object id who is early; by default the name. Changing it "
        "reshuffles everybody.",
    )
    scope: ScopePart = Field(description="The group that SSPR has selected.")
    population: PopulationPart | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="Who the rollout is about; by default everybody in the tenant.",
    )
    exclude: ExcludePart = Field(ExcludePart(), description="Who stays out.")
    new_hires: NewHiresPart | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="Put new hires in without waiting for a wave.",
    )
    balance: Attribute | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="Take the same share of each value of this attribute into every wave.",
    )
    waves: list[WavePart] = Field(
        min_length=1, max_length=100, description="The steps, in order; who is in stays in."
    )
    calendar: CalendarPart = Field(CalendarPart(), description="When waves may begin.")
    gates: Gates = Field(
        Gates(), description="What must hold of every wave, where it differs from the standard."
    )
    evaluate_every: Rhythm = Field("5m", description="How often the gates are looked at.")
    safety: SafetyPart = Field(SafetyPart(), description="Limits for one plan.")
    resets: ResetsPart = Field(
        ResetsPart(), description="Which registered methods let people reset a password."
    )
    drift: DriftPart = Field(DriftPart(), description="What becomes of changes by hand.")


def rollout_model(gates: type[Gates]) -> type[RolloutPart]:
    """Make the vocabulary of the whole document of that of its gates."""
    wave = create_model(
        "Wave", __base__=WavePart, __doc__=WavePart.__doc__, gates=_held(WavePart, gates)
    )
    waves = (list[wave], copy(RolloutPart.model_fields["waves"]))
    return create_model(
        "Rollout",
        __base__=RolloutPart,
        __doc__=RolloutPart.__doc__,
        gates=_held(RolloutPart, gates),
        waves=waves,
    )


def _held(part: type[BaseModel], gates: type[Gates]) -> Any:
    """The part's field of gates, with this vocabulary."""
    field = copy(part.model_fields["gates"])
    field.default = gates()
    return gates, field
