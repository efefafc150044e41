"""The words of the file of HR sources. The descriptions are its reference, in the schema too.

What differs from kind to kind stands beside the kind's adapter; `model.py` puts it in, also in the
place of `{kinds}`, which there are, and of `{signing}`, whose signatures are known.
"""

from enum import StrEnum
from typing import Literal, cast

from pydantic import Field

from shared.contracts.documents.hr_sources.answers import Answer, Handshake
from shared.contracts.documents.hr_sources.body import Body
from shared.contracts.documents.hr_sources.meaning import (
    EmployeeIds,
    Joins,
    Rate,
    Silence,
    TimeZones,
)
from shared.contracts.documents.hr_sources.proofs import (
    Authentication,
    Entra,
    Hmac,
    StaticSecret,
)
from shared.contracts.documents.hr_sources.words import Slug
from shared.contracts.documents.part import Part, unless_left_out
from shared.contracts.documents.scalars import TimeZone

__all__ = [
    "SCHEMA",
    "Answer",
    "Authentication",
    "Body",
    "Entra",
    "EventMeaning",
    "Handshake",
    "Hmac",
    "HrSources",
    "Source",
    "StaticSecret",
]
SCHEMA = "sspr-rollout/hr-sources/1"


class EventMeaning(StrEnum):
    """What is asked for a person."""

    ONBOARD = "onboard"
    OFFBOARD = "offboard"
    LIST = "list"
    """Nothing: they are listed, or something about them has changed."""


class Coming(StrEnum):
    """Whether somebody joins or leaves, for senders who tell of nothing else."""

    ONBOARD = "onboard"
    OFFBOARD = "offboard"


class Source(Part):
    """One system that sends: by its name its address ends."""

    name: Slug = Field(description="Unique; the address is /api/hr/NAME or /api/hooks/NAME.")
    kind: str = Field(description="What it sends: {kinds}.")
    authentication: Authentication = Field(
        description="key: a function key, at /api/hr/NAME. hmac: a signature, secret: a secret "
        "that is sent along, entra: a token of this tenant, all at /api/hooks/NAME. With the last "
        "two scim is served at /api/hr/NAME/scim/v2 as well."
    )
    hmac: Hmac | None = Field(
        None, json_schema_extra=unless_left_out, description="Of hmac: how the sender signs."
    )
    secret: StaticSecret | None = Field(
        None, json_schema_extra=unless_left_out, description="Of secret: where it is sent."
    )
    entra: Entra | None = Field(
        None, json_schema_extra=unless_left_out, description="Of entra: whose tokens are taken."
    )
    body: Body | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="How its bodies are written; by default JSON.",
    )
    handshakes: list[Handshake] = Field(
        default=[],
        max_length=5,
        description="Messages that are no events: what is asked before the first, and tests.",
    )
    answer: Answer | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="What it wants to be answered; by default 202 with the keys of the events.",
    )

    joins: Joins | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="Who joins, by their first day. Without it whoever the sender says joins; of "
        "records that do not say, those whose first day is ahead or at most 30 days ago. The "
        "others are listed: nobody is enrolled by that.",
    )
    most: Rate = Field(
        "50 in 1h",
        description="How many people it may bring in at once, and, counted by themselves, take "
        "out. Whoever is beyond it is held until an operator decides.",
    )
    most_leaving: Rate | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="How many people it may take out at once, where that is another number.",
    )
    silent_after: Silence | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="How long it may send nothing before an alarm says so, once it has sent with "
        "this written here. Write more than its longest pause, weekends and holidays included. By "
        "default nothing is said.",
    )
    time_zone: TimeZone | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="Where days begin and end, of people of whom nothing more exact is said; by "
        "default where the rollout document's calendar is.",
    )
    time_zones: TimeZones = Field(
        default={},
        max_length=300,
        description="The sender's words for countries, sites or zones, whatever their case, each "
        "with its IANA time zone.",
    )
    employee_ids: EmployeeIds | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="How its numbers become those that Entra has; by default as they are sent.",
    )

    @property
    def secret_names(self) -> tuple[str, ...]:
        """The settings that its proof is checked with, as the document calls them."""
        names = {
            Authentication.HMAC: self.hmac,
            Authentication.SECRET: self.secret,
        }
        proof = names.get(self.authentication)
        found = (proof.secret, proof.second_secret) if proof else ()
        return tuple(name for name in found if name)

    def own[P: Part](self, keys: type[P]) -> P:
        """The keys that sources of its kind alone have."""
        own = {name: getattr(self, name) for name in keys.model_fields}
        return cast("P", keys.model_construct(**own))


class HrSources(Part):
    """Which systems may send onboarding events, how they prove it, and what they mean."""

    schema_: Literal["sspr-rollout/hr-sources/1"] = Field(
        alias="schema", description="Kind and version of the document."
    )
    sources: list[Source] = Field(max_length=50, description="The systems, each by a name.")
