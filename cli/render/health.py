"""The app's health, for people."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from cli.plain import moment
from cli.render.dead_letters import count_text
from cli.render.endings import endings_section
from cli.render.layout import facts, heading, plain, section
from cli.render.sspr import sspr_lines
from shared.contracts.api.health_views import CheckView, HealthView
from shared.contracts.api.words import Health

_STYLES: Mapping[str, str] = {
    Health.OK: "green",
    Health.DEGRADED: "yellow",
    Health.MISCONFIGURED: "red",
}
_COLUMNS = ("", "name", "for", "")


def health_view(seen: HealthView) -> Group:
    """Renders the health in a word, what is wrong with the set-up, and every check.

    Below the checks stands what to do about those that fail.
    """
    word = plain(seen.health, _STYLES.get(seen.health, ""))
    parts: list[RenderableType] = [
        facts(("health", word), ("at", moment(seen.at)), ("version", seen.version or None))
    ]
    if seen.problems:
        parts += [Text(), heading("Wrong in the set-up; the app does nothing before it is fixed")]
        parts += [plain(f"- {one}") for one in seen.problems]
    if seen.sspr:
        parts += [Text(), *sspr_lines(seen.sspr)]
    parts += section("Depends on", _COLUMNS, [_row(one) for one in seen.checks])
    lying = [(one.queue, count_text(one)) for one in seen.dead_letters if one.number != 0]
    parts += section("Dead letters: sspr dead-letters list", ("queue", "number"), lying)
    parts += endings_section(seen.endings)
    for title, text in _remedies(seen.checks):
        parts += [Text(), heading(title), plain(text)]
    return Group(*parts)


def _row(check: CheckView) -> tuple[object, ...]:
    trouble = check.trouble
    answer = plain(trouble, "red") if trouble else f"ok, {check.milliseconds} ms"
    return (check.kind, check.name, check.purpose, answer)


def _remedies(checks: Sequence[CheckView]) -> Iterator[tuple[str, str]]:
    """Yields what to do, once for all that have the same trouble."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in checks:
        if one.trouble:
            said = f"{one.name} ({one.purpose}): {one.detail}"
            found.setdefault((f"{one.kind}, {one.trouble}", one.advice), []).append(said)
    for (title, advice), those in found.items():
        yield title, "\n".join([advice, *(f"- {one}" for one in those)])
