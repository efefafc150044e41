"""What the parts of a rollout document have to do with one another.

Every rule looks at the document as it was written and passes over what is not as it should be: a
mistake in one part hides none in another. Each yields what it has against the document.
"""

import json
from collections.abc import Callable, Iterator

from pydantic import ValidationError

from shared.contracts.documents.finding import Complaint, Path
from shared.contracts.documents.node import Node
from shared.contracts.documents.part import Part
from shared.contracts.documents.rollout.gates import Gates, layered
from shared.contracts.documents.rollout.vocabulary import (
    SELECTIONS,
    FreezePart,
    HoursPart,
    MethodPart,
)
from shared.domain.person.people import Trait
from shared.domain.rollout.gates.kind import GateKinds, Sample

_EVERYBODY = 100
"""Per cent."""

type Complaints = Iterator[Complaint]


def names_differ(root: Node) -> Complaints:
    """Commands call a wave by its name."""
    first: dict[str, str] = {}
    for path, wave in _items(root, "waves"):
        name = _text(wave, "name")
        if name and first.setdefault(name.casefold(), name) is not name:
            earlier = first[name.casefold()]
            reason = f"an earlier wave is called {earlier!r}; give this one another name"
            yield Complaint((*path, "name"), reason)


def kinds_make_sense(root: Node) -> Complaints:
    """A kind has a name of its own, and something to be told by that does not mean everybody."""
    first: dict[str, str] = {}
    for path, kind in _items(root, "exclude", "kinds"):
        name = _text(kind, "name")
        if name and first.setdefault(name.casefold(), name) is not name:
            reason = f"an earlier kind is called {first[name.casefold()]!r}; give it another name"
            yield Complaint((*path, "name"), reason)
        traits = [key for key in kind.keys if key in set(Trait)]
        if isinstance(kind.content, dict) and not traits:
            yield Complaint(
                path, f"say by what it is recognised: {', '.join(list(Trait)[:4])} or others"
            )
        for trait in traits:
            for where, pattern in _items(root, *path, trait):
                text = pattern.content
                if isinstance(text, str) and not text.strip("*"):
                    yield Complaint(where, "this would be everybody; write what is special of them")


def one_selection(root: Node) -> Complaints:
    """A wave says in one way who is in it."""
    known = f"{', '.join(SELECTIONS[:-1])} or {SELECTIONS[-1]}"
    for path, wave in _items(root, "waves"):
        given = [key for key in wave.keys if key in SELECTIONS]
        if isinstance(wave.content, dict) and not given:
            yield Complaint(path, f"say who is in this wave with one of {known}")
        for key in given[1:]:
            reason = f"`{given[0]}` says who is in this wave already; take one of the two out"
            yield Complaint((*path, key), reason, at_key=True)


def waves_grow(root: Node) -> Complaints:
    """Counts and percentages include the earlier ones, so only a larger one adds anybody."""
    reached: dict[str, float] = {}
    for path, wave in _items(root, "waves"):
        if reached.get("percent") == _EVERYBODY:
            reason = "nobody is left for this wave: an earlier one takes all 100 per cent"
            yield Complaint(path, reason)
            return
        for key in ("count", "percent"):
            number = _number(wave, key)
            if number is None:
                continue
            if key in reached and number <= reached[key]:
                reason = f"write more than {reached[key]:g}: earlier waves' people are included"
                yield Complaint((*path, key), reason)
            reached[key] = max(number, reached.get(key, 0))


def rings_are_not_excluded(root: Node) -> Complaints:
    """Whoever is named one by one is meant to be in."""
    excluded = {_folded(node) for _, node in _items(root, "exclude", "people")} - {None}
    for wave_path, _ in _items(root, "waves"):
        for path, person in _items(root, *wave_path, "people"):
            if _folded(person) in excluded:
                reason = "exclude.people names this person too; take them out of one of the two"
                yield Complaint(path, reason)


def groups_make_sense(root: Node) -> Complaints:
    """The scope group is what the rollout writes; nothing about who is meant can follow from it."""
    scope = _folded(root.at("scope", "group"))
    excluded = [*_items(root, "exclude", "groups")]
    selected = [*_items(root, "population", "groups")]
    for path, wave in _items(root, "waves"):
        group = wave.child("group")
        selected += [((*path, "group"), group)] if group else []
    for path, node in (*excluded, *selected):
        if scope and _folded(node) == scope:
            reason = "this is the scope group, whose members the rollout writes; name another one"
            yield Complaint(path, reason)
    out = {_folded(node) for _, node in excluded} - {scope, None}
    for path, node in selected:
        if _folded(node) in out:
            reason = "exclude.groups names this group too; take it out of one of the two"
            yield Complaint(path, reason)


def hours_open(root: Node) -> Complaints:
    """Hours lie within one day."""
    own = [(*path, "hours") for path, _ in _items(root, "waves")]
    for path in (("calendar", "hours"), *own):
        node = root.at(*path)
        hours = _valid(HoursPart, node)
        if node and hours and hours.opens >= hours.closes:
            key = "to" if node.child("to") else "from"
            reason = "the hours have to begin before they end, and within one day; 24:00 is its end"
            yield Complaint((*path, key), reason)


def freezes_last(root: Node) -> Complaints:
    """A freeze ends on the day it begins, or later."""
    for path, node in _items(root, "calendar", "freezes"):
        freeze = _valid(FreezePart, node)
        if freeze and freeze.last < freeze.first:
            yield Complaint((*path, "to"), f"write {freeze.first}, when it begins, or a later day")


def methods_end_after_they_begin(root: Node) -> Complaints:
    """A method counts for a day at least, or not at all."""
    methods = root.at("resets", "methods")
    for name in map(str, methods.keys if methods else ()):
        method = _valid(MethodPart, root.at("resets", "methods", name))
        if method and method.since and method.until and method.until <= method.since:
            path = ("resets", "methods", name, "until")
            yield Complaint(path, f"write a day after {method.since}, from which on it counts")


def samples_are_reachable(root: Node, kinds: GateKinds, vocabulary: type[Gates]) -> Complaints:
    """An inconclusive gate never promotes, so a sample has to be possible."""
    common = _valid(vocabulary, root.child("gates")) or vocabulary()
    counted = 0
    for path, wave in _items(root, "waves"):
        key, most = _most_people(wave, counted)
        counted = max(counted, int(_number(wave, "count") or 0))
        own = _valid(vocabulary, wave.child("gates")) or vocabulary()
        for gate in layered(kinds, common, own):
            is_sample = kinds[gate.kind].sample is Sample.WAVE
            if is_sample and 0 < most < gate.minimum_sample:
                sample = ("gates", gate.kind, "minimumSample")
                where = (*path, *sample) if wave.at(*sample) else (*path, key)
                reason = (
                    f"gate {gate.kind} wants {gate.minimum_sample} people to judge by, and this "
                    f"wave adds at most {most}; write a minimumSample of at most {most}"
                )
                yield Complaint(where, f"{reason} in the wave's gates")


RULES: tuple[Callable[[Node], Complaints], ...] = (
    names_differ,
    kinds_make_sense,
    one_selection,
    waves_grow,
    rings_are_not_excluded,
    groups_make_sense,
    hours_open,
    freezes_last,
    methods_end_after_they_begin,
)


def _most_people(wave: Node, counted: int) -> tuple[str, int]:
    """By which key a wave's people can be numbered, and how many it adds; 0 where unknown."""
    people = {_folded(node) for _, node in _items(wave, "people")}
    if people:
        return "people", len(people)
    return "count", int(_number(wave, "count") or 0) - counted


def _items(root: Node, *path: str | int) -> Iterator[tuple[Path, Node]]:
    """The items of the list at the end of the path, each with its own; none where it is none."""
    node = root.at(*path)
    if node and isinstance(node.content, list):
        for index, item in enumerate(node.content):
            yield (*path, index), item


def _text(node: Node, key: str) -> str | None:
    found = node.child(key)
    return found.content if found and isinstance(found.content, str) else None


def _folded(node: Node | None) -> str | None:
    """An object id as it is compared; None for what is no text."""
    return node.content.lower() if node and isinstance(node.content, str) else None


def _number(node: Node, key: str) -> float | None:
    found = node.child(key)
    content = found.content if found else None
    return content if isinstance(content, int | float) and content is not True else None


def _valid[P: Part](kind: type[P], node: Node | None) -> P | None:
    """The part that is written there, if it is as it should be."""
    if node is None:
        return None
    try:
        return kind.model_validate_json(json.dumps(node.plain()))
    except ValidationError:
        return None
