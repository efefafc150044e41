"""Events that are forgotten: what becomes of whom, before any write and after it."""

from collections.abc import Iterator

from cli.plain import count, people
from cli.render.plan import Report, Section
from cli.render.shown_first import shown_first
from shared.contracts.api.forget_views import ForgetView

_MOST_NAMED = 10


def forget_report(forgotten: ForgetView) -> Report:
    """Reports what becomes of whom, what stands in the way, and how to have it done."""
    sections = (
        Section(
            "What becomes of them",
            ("people", "what"),
            tuple((f"{one.people:,}", one.text) for one in forgotten.outcomes),
        ),
        Section("Who moves", ("person",), _some(forgotten.moved)),
        Section("Nothing is known of", ("event or person",), _some(forgotten.unknown)),
    )
    return shown_first(
        "Forgotten" if forgotten.done else "If these events are forgotten",
        f"{count(forgotten.events, 'event')} of {people(forgotten.people)}",
        sections,
        fingerprint=forgotten.fingerprint,
        is_open=forgotten.events > 0 and not forgotten.done,
        warnings=tuple(_warnings(forgotten)),
    )


def _some(names: tuple[str, ...]) -> tuple[tuple[str], ...]:
    shown = tuple((one,) for one in names[:_MOST_NAMED])
    rest = len(names) - len(shown)
    return (*shown, (f"and {rest:,} more",)) if rest else shown


def _warnings(forgotten: ForgetView) -> Iterator[str]:
    if forgotten.held:
        yield (
            f"{count(forgotten.held, 'event')} like these "
            f"{'is' if forgotten.held == 1 else 'are'} held by a brake, and stay there: "
            "sspr held drop drops them"
        )
    if forgotten.older:
        yield (
            f"{people(forgotten.older)}: their events came before each was remembered, and were "
            "read out of their steps; look at some of them with sspr user"
        )
    if forgotten.writing_stopped:
        yield "everything that writes is stopped; memberships change after sspr start"
