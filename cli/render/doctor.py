"""The doctor's findings, for people."""

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.text import Text

from cli.plain import moment
from cli.render.layout import facts, heading, plain, section
from shared.contracts.api.doctor_views import DoctorView, FindingView
from shared.contracts.api.words import CheckPart, CheckVerdict

_STYLES: Mapping[str, str] = {
    CheckVerdict.RIGHT: "green",
    CheckVerdict.UNKNOWN: "yellow",
    CheckVerdict.WRONG: "red",
}
_TITLES: Mapping[str, str] = {
    CheckPart.TENANT: "The tenant",
    CheckPart.HOST: "The host of Entra Connect, or Cloud Sync",
    CheckPart.ACCESS: "Certificates, passwords and accounts",
}
_COLUMNS = ("check", "", "why")


def doctor_view(seen: DoctorView) -> Group:
    """Renders the verdict, every check by what it looks at, and what to do about the rest."""
    verdict = plain(seen.verdict, _STYLES.get(seen.verdict, ""))
    parts: list[RenderableType] = [
        facts(("verdict", verdict), ("at", moment(seen.at)), ("since", moment(seen.since)))
    ]
    for part in dict.fromkeys(one.part for one in seen.findings):
        rows = [_row(one) for one in seen.findings if one.part == part]
        parts += section(_TITLES.get(part, part), _COLUMNS, rows)
    for one in seen.findings:
        if one.remedy:
            source = f"{one.source} (read on {one.read_on})"
            parts += [Text(), heading(f"{one.check}: {one.asks}"), plain(one.remedy), plain(source)]
    return Group(*parts)


def _row(finding: FindingView) -> tuple[object, ...]:
    verdict = plain(finding.verdict, _STYLES.get(finding.verdict, ""))
    return (finding.check, verdict, finding.text)
