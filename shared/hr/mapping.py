"""The words of a mapping: where in a sender's messages stands what."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from shared.contracts.documents.finding import Complaint, Path
from shared.contracts.documents.hr_sources.dates import Written
from shared.contracts.documents.hr_sources.expression import LONGEST_EXPRESSION, Expression
from shared.contracts.documents.hr_sources.vocabulary import EventMeaning
from shared.contracts.documents.node import Node
from shared.contracts.documents.part import Part, unless_left_out

_PEOPLE = ("userPrincipalName", "employeeId", "objectId")
_MOST_LEVELS = 5
_EXPRESSION = {"type": "string", "minLength": 1, "maxLength": LONGEST_EXPRESSION}


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


type Levels = Annotated[
    list[Expression],
    BeforeValidator(_listed),
    Field(min_length=1, max_length=_MOST_LEVELS),
    WithJsonSchema(
        {
            "anyOf": [
                _EXPRESSION,
                {
                    "type": "array",
                    "items": _EXPRESSION,
                    "minItems": 1,
                    "maxItems": _MOST_LEVELS,
                },
            ],
            "examples": ["workers", ["workers", "events"]],
        }
    ),
]
type NoValue = Annotated[str, StringConstraints(max_length=40)]


class Mapping(Part):
    """Where in a message stands what; every value is a JMESPath expression."""

    events: Levels | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="The list of events in the body; by default the body is one event, or a list. "
        "Of lists within lists an expression for each: [workers, events]. The other expressions "
        "are about one event, in which _parent is what it stands in, _value itself where it is a "
        "text or number, and _body the whole body.",
    )
    when: Expression | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="Events of which this is not true are left alone.",
    )
    action: Expression | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="onboard, offboard or list, or with `actions` one of its keys. Without it the "
        "first day alone says who joins.",
    )
    actions: dict[str, EventMeaning] | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="What the sender's words for it mean: onboard, offboard, or list for what says "
        "nothing of either; whatever their case. Others are left alone.",
    )
    user_principal_name: Expression | None = Field(
        None, json_schema_extra=unless_left_out, description="The person's UPN in Entra."
    )
    employee_id: Expression | None = Field(
        None, json_schema_extra=unless_left_out, description="The person's employeeId in Entra."
    )
    object_id: Expression | None = Field(
        None, json_schema_extra=unless_left_out, description="The person's object id in Entra."
    )
    effective_date: Expression | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="The first or last day, written as `dates` says.",
    )
    time_zone: Expression | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="The time zone of the person's place, by its IANA name or a word of "
        "`timeZones`.",
    )
    country: Expression | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="Their country or site, a word of `timeZones`; where it is none of them, the "
        "source's `timeZone` counts.",
    )
    id: Expression | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="What tells one event from the next, the same when it is sent again; by "
        "default all of the event.",
    )
    time: Expression | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="When it happened, written as `times` says; by default when it came.",
    )
    reason: Expression | None = Field(
        None, json_schema_extra=unless_left_out, description="Why, for the record."
    )
    dates: Written | None = Field(
        None, json_schema_extra=unless_left_out, description="How `effectiveDate` is written."
    )
    times: Written | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="How `time` is written; without a zone in it say one.",
    )
    none: list[NoValue] = Field(
        default=[],
        max_length=20,
        description='Texts by which the sender says that there is nothing, such as "0001-01-01", '
        '"9999-12-31" or "0": in people and dates they are as if nothing stood there. "" always '
        "is.",
    )


class Keys(Part):
    """What is said of a mapped source alone."""

    mapping: Mapping | None = Field(
        None, json_schema_extra=unless_left_out, description="Of mapped: where stands what."
    )


def points_at_somebody(path: Path, source: Node) -> Iterator[Complaint]:
    """Complains of a mapping that names nobody: an event about nobody is of no use."""
    mapping = source.child("mapping")
    if mapping is None or not isinstance(mapping.content, dict):
        return
    if not any(key in mapping.keys for key in _PEOPLE):
        yield Complaint((*path, "mapping"), f"say who it is about: {', '.join(_PEOPLE)}")


def joining_can_be_told(path: Path, source: Node) -> Iterator[Complaint]:
    """Complains of a mapping by which nobody could ever join, or nobody's day be told."""
    mapping = source.child("mapping")
    if mapping is None or not isinstance(mapping.content, dict):
        return
    keys = mapping.keys
    if "actions" in keys and "action" not in keys:
        reason = "say in `action` where these words stand"
        yield Complaint((*path, "mapping", "actions"), reason, at_key=True)
    elif "effectiveDate" not in keys:
        if "action" not in keys:
            reason = (
                "nobody would join: say in `action` who does (\"'onboard'\" where every record is "
                "a hire), or in `effectiveDate` where their first day stands"
            )
            yield Complaint((*path, "mapping"), reason)
        elif "joins" in source.keys:
            reason = "goes by the first day; say in mapping.effectiveDate where that stands"
            yield Complaint((*path, "joins"), reason, at_key=True)
    if "country" in keys and "timeZones" not in source.keys:
        reason = "say in the source's `timeZones` where which country is"
        yield Complaint((*path, "mapping", "country"), reason, at_key=True)


def words_differ(path: Path, source: Node) -> Iterator[Complaint]:
    """Complains of two words that differ in case alone: they are one word."""
    actions = source.at("mapping", "actions")
    first: dict[str, str] = {}
    for word in actions.keys if actions else ():
        earlier = first.setdefault(str(word).strip().casefold(), str(word))
        if earlier != str(word):
            reason = f"is the same word as {earlier!r}; case makes no difference"
            yield Complaint((*path, "mapping", "actions", word), reason, at_key=True)
