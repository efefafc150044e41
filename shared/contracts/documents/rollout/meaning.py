"""What a rollout document means: the words of the text as values of the domain, and a digest."""

import json
from collections import defaultdict
from dataclasses import asdict, replace
from datetime import date, time, timedelta
from hashlib import sha256
from typing import Any

from pydantic.alias_generators import to_camel

from shared.contracts.documents.rollout import vocabulary
from shared.contracts.documents.rollout.gates import layered
from shared.contracts.documents.scalars import clock, span, weekdays
from shared.domain.person.documented_methods import DOCUMENTED
from shared.domain.person.kinds import KindRule, TraitRule
from shared.domain.person.methods import NO_CHANGES, MethodRule, ResetChanges
from shared.domain.person.people import Attribute, Trait
from shared.domain.person.policy import AttributeRule
from shared.domain.rollout.calendar import Calendar, Freeze
from shared.domain.rollout.document import (
    Count,
    Document,
    GroupRing,
    Limit,
    Ring,
    Selection,
    Share,
    Wave,
)
from shared.domain.rollout.gates.kind import GateKind, GateKinds


def document_of(text: vocabulary.RolloutPart, kinds: GateKinds) -> Document:
    """The values that the words stand for, defaults and digest included."""
    document = Document(
        name=text.name,
        salt=text.salt or text.name,
        scope_group_id=text.scope.group,
        topology=text.scope.topology,
        population_group_ids=frozenset(text.population.groups if text.population else ()),
        excluded_group_ids=frozenset(text.exclude.groups),
        excluded_attributes=_attribute_rules(text.exclude),
        excluded_object_ids=frozenset(text.exclude.people),
        new_hires_since=date.fromisoformat(text.new_hires.since) if text.new_hires else None,
        balance=text.balance,
        waves=tuple(_wave(wave, text, kinds) for wave in text.waves),
        additions=Limit(text.safety.additions.share, text.safety.additions.people),
        removals=Limit(text.safety.removals.share, text.safety.removals.people),
        on_removed_by_hand=text.drift.removed_by_hand,
        on_added_by_hand=text.drift.added_by_hand,
        evaluate_every=span(text.evaluate_every),
        digest="",
        excluded_kinds=tuple(map(_kind_rule, text.exclude.kinds)),
        external_members=not text.exclude.external_members,
        resets=_resets(text.resets),
    )
    return replace(document, digest=_digest(document, kinds))


def _attribute_rules(exclude: vocabulary.ExcludePart) -> tuple[AttributeRule, ...]:
    values: defaultdict[Attribute, set[str]] = defaultdict(set)
    values[Attribute.DEPARTMENT] |= {value.casefold() for value in exclude.departments}
    for name, given in exclude.attributes:
        values[Attribute(to_camel(name))] |= {value.casefold() for value in given}
    return tuple(
        AttributeRule(attribute, frozenset(values[attribute]))
        for attribute in Attribute
        if values[attribute]
    )


def _kind_rule(kind: vocabulary.ExcludedKindPart) -> KindRule:
    patterns = {to_camel(name): given for name, given in kind if name != "name"}
    return KindRule(
        kind.name,
        tuple(
            TraitRule(trait, tuple(sorted({one.casefold() for one in patterns[trait]})))
            for trait in Trait
            if patterns[trait]
        ),
    )


def _resets(resets: vocabulary.ResetsPart) -> ResetChanges:
    return ResetChanges(
        methods=tuple((name, _method(name, one)) for name, one in sorted(resets.methods.items())),
        required=None if resets.methods_required == 1 else resets.methods_required,
    )


def _method(name: str, said: vocabulary.MethodPart) -> MethodRule:
    known = DOCUMENTED.get(name)
    return MethodRule(
        counts=said.counts,
        since=date.fromisoformat(said.since) if said.since else None,
        until=date.fromisoformat(said.until) if said.until else None,
        alone=said.alone,
        of_administrators=known.rule.of_administrators if known else True,
    )


def _wave(wave: vocabulary.WavePart, text: vocabulary.RolloutPart, kinds: GateKinds) -> Wave:
    return Wave(
        name=wave.name,
        selection=_selection(wave),
        soak=span(wave.soak),
        gates=layered(kinds, text.gates, wave.gates),
        calendar=_calendar(text.calendar, wave.hours or text.calendar.hours),
    )


def _selection(wave: vocabulary.WavePart) -> Selection:
    if wave.people is not None:
        return Ring(frozenset(wave.people))
    if wave.group is not None:
        return GroupRing(wave.group)
    if wave.count is not None:
        return Count(wave.count)
    return Share((wave.percent or 0) / 100)


def _calendar(calendar: vocabulary.CalendarPart, hours: vocabulary.HoursPart) -> Calendar:
    return Calendar(
        time_zone=calendar.time_zone,
        days=weekdays(hours.days),
        opens=clock(hours.opens) or time.min,
        closes=clock(hours.closes),
        freezes=tuple(
            Freeze(date.fromisoformat(one.first), date.fromisoformat(one.last), one.reason)
            for one in calendar.freezes
        ),
    )


def _digest(document: Document, kinds: GateKinds) -> str:
    """SHA-256 of the values as JSON, so that only a change of meaning changes it.

    A gate that was renamed has its first name here: else a document that nobody has changed would
    be another one after an update.
    """
    values = {
        name: value
        for name, value in asdict(document).items()
        if name not in _ADDED or value != _ADDED[name]
    }
    if document.resets == NO_CHANGES:
        # As the digests of documents are from before there was anything to say of it.
        del values["resets"]
    for wave in values["waves"]:
        for gate in wave["gates"]:
            _leave_sample_as_it_was(gate, kinds[gate["kind"]])
            gate["kind"] = (*kinds[gate["kind"]].older_names, gate["kind"])[0]
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), default=_plain)
    return sha256(text.encode()).hexdigest()


def _leave_sample_as_it_was(gate: dict[str, Any], kind: GateKind) -> None:
    """Puts the older default into a gate of which the document leaves the sample to the kind.

    A document that says so much itself means something else by now, and gets another digest.
    """
    if gate.pop("quiet_passes"):
        gate["minimum_sample"] = kind.loud_sample
    elif kind.loud_sample is not None and gate["minimum_sample"] == kind.loud_sample:
        gate["minimum_sample"] = None


_ADDED = {"excluded_kinds": (), "external_members": False}
"""What documents did not say at first, with what it means to say nothing of it."""


def _plain(value: Any) -> Any:
    match value:
        case frozenset():
            return sorted(value)
        case timedelta():
            return value.total_seconds()
        case _:
            return value.isoformat()
