"""Checks of people: whether their resets would be written back, and what to do about it."""

from collections.abc import Iterator, Mapping

from rich.console import Group, RenderableType
from rich.text import Text

from cli.checks import PeopleChecked
from cli.plain import moment
from cli.render.layout import facts, heading, plain, section
from shared.contracts.api.check_views import (
    CheckedPerson,
    FindingView,
    NamedPerson,
    PeopleCheckView,
)
from shared.contracts.api.words import NamedStanding

_VERDICTS: Mapping[str, tuple[str, str]] = {
    "refused": ("a reset would be refused", "bold red"),
    "fine": ("nothing is in the way of a reset", "green"),
    "unknown": ("not known: not everything could be looked at", "yellow"),
    "unanswered": ("not known: no worker has answered", "yellow"),
}
_NOT_ASKED: Mapping[str, str] = {
    NamedStanding.CLOUD: "of the cloud: nothing is written back for them",
    NamedStanding.NOBODY: "nobody is known by that name",
}


def checked_view(seen: PeopleChecked) -> RenderableType:
    """Renders what was found of each person, and what to do."""
    names = {one.key: one for one in seen.named if one.key}
    parts: list[RenderableType] = []
    for person in seen.people:
        parts += [*_person(person, names.get(person.key)), Text()]
    for one in seen.named:
        if text := _NOT_ASKED.get(one.standing):
            parts += [facts(("person", one.user_principal_name or one.name), ("", text)), Text()]
    if seen.check and seen.check.advice:
        parts.append(plain(seen.check.advice))
    return Group(*parts)


def check_view(check: PeopleCheckView) -> RenderableType:
    """Renders how many would be refused, and for what."""
    parts: list[RenderableType] = [
        heading("Preflight: would a reset be written back?"),
        facts(
            ("asked about", f"{check.people:,}"),
            ("refused", f"{check.refused:,}"),
            ("not known", f"{check.unknown:,}"),
            ("fine", f"{check.fine:,}"),
            ("not answered", f"{check.unanswered:,}" if check.unanswered else None),
        ),
    ]
    found = [
        (f"{one.people:,}", one.finding.word, _effect(one.finding), one.finding.remedy)
        for one in check.findings
    ]
    parts += section("Found", ("people", "finding", "", "remedy"), found)
    hidden = [(f"{one.people:,}", one.unknown.word, one.unknown.text) for one in check.unknowns]
    parts += section("Not known", ("people", "", ""), hidden)
    if check.advice:
        parts += [Text(), plain(check.advice)]
    return Group(*parts)


def _person(person: CheckedPerson, named: NamedPerson | None) -> Iterator[RenderableType]:
    text, style = _VERDICTS.get(person.verdict, (person.verdict, ""))
    name = named and (named.user_principal_name or named.name)
    yield facts(
        ("person", name or person.user_principal_name or person.key),
        ("object id", person.key),
        ("verdict", plain(text, style)),
        ("seen", moment(person.seen_at)),
        ("by worker", person.worker),
    )
    rows = [
        (one.word, _effect(one), one.text, one.remedy, _shows_as(one)) for one in person.findings
    ]
    yield from section("Found", ("finding", "", "what it is", "remedy", "shows as"), rows)
    hidden = [(one.word, one.text) for one in person.unknown]
    yield from section("Not known", ("", ""), hidden)


def _effect(finding: FindingView) -> str:
    if not finding.refuses:
        return "warns"
    return "refuses for now" if finding.passes else "refuses"


def _shows_as(finding: FindingView) -> str:
    event = f"event {finding.event}" if finding.event else ""
    return ", ".join(part for part in (finding.code, event) if part)
