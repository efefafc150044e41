"""The forecast of resets: one report, shown as a table or as Markdown."""

from collections.abc import Iterator

from cli.plain import people
from cli.render.layout import percent
from cli.render.plan import Report, Section
from shared.contracts.api.forecast_views import ForecastTally, ResetForecastView

_NAMES = {"method": "(nothing registered)", "wave": "(no wave)", "department": "(none)"}
_MOST_GROUPS = 40


def forecast_report(found: ResetForecastView) -> Report:
    """Reports who can reset today and on the day, group by group, and who loses it with what."""
    return Report(
        title=f"Who can reset a password on {found.on}",
        lines=tuple(_lines(found)),
        sections=tuple(one for one in _sections(found) if one.rows),
        alarms=(),
        warnings=tuple(_warnings(found)),
        next_step="To have them by name:" if found.whole.lose else "",
        command=_command(found) if found.whole.lose else "",
    )


def _command(found: ResetForecastView) -> str:
    asked = (("--method", found.method), ("--only-method", found.only_method))
    options = [f" {name} {word}" for name, text in asked if text for word in text.split(",")]
    return f"sspr forecast --on {found.on}{''.join(options)} --people people.csv"


def _lines(found: ResetForecastView) -> Iterator[str]:
    whole = found.whole
    yield (
        f"{people(whole.people)} in scope{_meant(found)}; if nobody registers or takes away a "
        "method until then:"
    )
    yield f"{whole.can_today:,} can reset today ({percent(whole.can_today, whole.people)})"
    yield f"{whole.can_then:,} can on {found.on} ({percent(whole.can_then, whole.people)})"
    yield f"{whole.lose:,} lose it, {whole.gain:,} gain it"
    if whole.lose:
        yield f"{found.saved_by_one_more:,} of those keep it by registering one method that counts"
    if found.calls_in_thirty_days is not None and whole.lose:
        yield (
            f"the helpdesk: about {found.calls_in_thirty_days:,.0f} calls more in 30 days, by the "
            f"{found.resets_in_thirty_days:,} resets that people did by themselves in the last 30"
        )


def _meant(found: ResetForecastView) -> str:
    held = found.method and f" who have registered {found.method.replace(',', ' or ')}"
    only = (
        found.only_method and f" of whom only {found.only_method.replace(',', ', ')} counts today"
    )
    return " and".join(filter(None, (held, only)))


def _sections(found: ResetForecastView) -> Iterator[Section]:
    nobody = _NAMES.get(found.group_by, "(none)")
    yield Section(
        f"By {found.group_by}",
        (found.group_by, "people", "can today", "can then", "lose", "gain"),
        tuple(_row(one, nobody) for one in found.groups[:_MOST_GROUPS]),
    )
    yield Section(
        "What those hold who lose it",
        ("people", "methods"),
        tuple((f"{one.people:,}", ", ".join(one.methods)) for one in found.losing),
    )


def _row(tally: ForecastTally, nobody: str) -> tuple[str, ...]:
    name = nobody if tally.group in {"", "none"} else tally.group
    numbers = (tally.people, tally.can_today, tally.can_then, tally.lose, tally.gain)
    return (name, *(f"{number:,}" for number in numbers))


def _warnings(found: ResetForecastView) -> Iterator[str]:
    if found.whole.not_known_then:
        yield (
            f"of {people(found.whole.not_known_then)} it is not known: their methods are in no "
            "table of what counts; say it under `resets.methods` in the rollout document"
        )
    if len(found.groups) > _MOST_GROUPS:
        more = len(found.groups) - _MOST_GROUPS
        yield f"{more:,} more groups are not shown; --output csv has all"
