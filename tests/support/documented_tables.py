"""The tables of the documentation that are made from the code, and the references.

`python -m tests.support.documented_tables` writes them anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from shared.contracts.documents.hr_sources.vocabulary import Authentication
from shared.domain.durations import duration_text
from shared.domain.person.documented_methods import DOCUMENTED, READ_ON, DocumentedMethod
from shared.domain.person.preflight import PASSING, REFUSING, Finding
from shared.domain.person.preflight_words import FINDINGS
from shared.domain.rollout.gates.kind import GateKind, GateKinds, Sample
from shared.domain.rollout.gates.registry import GATES
from shared.hr.kind import HrKind, HrKinds
from shared.hr.registry import HR_KINDS
from tests.support import documented_transitions as transitions
from tests.support.documentation import slug
from tests.support.documented_references import references
from tests.support.repository import ROOT
from tests.support.situations import SITUATIONS, Situation
from tests.support.typed_page import followed

_DOCS = ROOT / "docs"
_BEGIN = "<!-- {}: made by `python -m tests.support.documented_tables` -->\n"
_END = "<!-- end of {} -->"
_NOUNS = {
    Sample.WAVE: ("person", "people"),
    Sample.SCOPE: ("person", "people"),
    Sample.RESETS: ("reset", "resets"),
}

type Tables = Mapping[str, str]
"""By the names that they have in their page."""


def pages(gates: GateKinds = GATES, hr: HrKinds = HR_KINDS) -> Mapping[Path, Tables]:
    """The tables of every page."""
    kinds = gates.values()
    return {
        _DOCS / "rollout-document.md": {
            "gates": _table(
                ("gate", "standard", "threshold", "window", "minimumSample", "failureLimit"),
                [_defaults(kind) for kind in kinds],
            ),
            "methods": _table(
                ("method", "counts for a reset", f"source, read on {READ_ON}"),
                [_method(name, one) for name, one in DOCUMENTED.items()],
            ),
        },
        _DOCS / "rollouts.md": {
            "gates": _table(
                ("gate", "looks at", "passes when", "fails when", "inconclusive when"),
                [_judgement(kind) for kind in kinds],
            )
        },
        _DOCS / "operations.md": {
            "gates": _table(
                ("gate that fails", "likely cause", "do"),
                [(_code(kind.name), kind.guide.cause, kind.guide.remedy) for kind in kinds],
            ),
            "situations": _table(
                ("situation", "alarms", "not done here"),
                [_situation(one) for one in SITUATIONS],
            ),
            "rehearsals": "".join(_rehearsals(SITUATIONS)),
        },
        _DOCS / "who-can-reset.md": {
            "findings": _table(
                ("finding", "refuses a reset", "event", "what it is", "do"),
                [_finding(finding) for finding in Finding],
            )
        },
        _DOCS / "hr-systems.md": {
            "kinds": _table(
                ("`kind`", "what is sent", "`authentication`", "keys of its own"),
                [_source(kind) for kind in hr.values()],
            )
        },
        _DOCS / "architecture.md": {
            "transitions": _table(transitions.HAPPENINGS, list(transitions.happenings())),
            "guards": _table(transitions.GUARDS, transitions.guards()),
        },
    }


def _situation(one: Situation) -> tuple[str, ...]:
    alarms = ", ".join(f"[{name}](#{name})" for name in one.alarms)
    return f"[{one.heading}](#{slug(one.heading)})", alarms, one.not_here


def _rehearsals(situations: Sequence[Situation]) -> Iterator[str]:
    """A list, since a column with names of tests is wider than the page."""
    typing = {test for test, _ in followed()}
    for one in situations:
        yield f"- {one.heading}\n"
        if one.not_typed:
            yield f"  - nothing is typed: {one.not_typed}\n"
        for typed, words in ((True, "typed: "), (False, "")):
            for name in one.rehearsals:
                if (name in typing) is typed:
                    yield f"  - {words}{_code(name.partition('::')[2])}\n"


def filled_in(text: str, tables: Tables) -> str:
    """The page with these tables in the places that are marked for them."""
    for name, table in tables.items():
        begin, end = _BEGIN.format(name), _END.format(name)
        before, _, rest = text.partition(begin)
        _, ended, after = rest.partition(end)
        assert ended, f"no place for the table of {name}"
        text = f"{before}{begin}\n{table}\n{end}{after}"
    return text


def _defaults(kind: GateKind) -> Sequence[str]:
    window, sample = kind.default_of("window"), kind.default_of("minimum_sample")
    length = duration_text(window) if isinstance(window, timedelta) else ""
    return (
        _code(kind.name),
        "yes" if kind.standard else "no",
        kind.guide.threshold.format(kind.default_of("threshold")),
        kind.guide.window.format(_code(length)),
        f"{sample} {_NOUNS[kind.sample][sample != 1]}" if kind.sample else "",
        str(kind.default_of("failure_limit")),
    )


def _method(name: str, known: DocumentedMethod) -> Sequence[str]:
    rule = known.rule
    counts = "yes" if rule.counts else "no"
    if rule.until:
        counts = f"until {rule.until}"
    if not rule.of_administrators:
        counts += ", not of administrators"
    return (_code(name), counts, f"[page]({known.source})")


def _finding(finding: Finding) -> Sequence[str]:
    words = FINDINGS[finding]
    refuses = ("for now" if finding in PASSING else "yes") if finding in REFUSING else "no"
    event = f"[{words.event}]({words.source})" if words.event else f"[page]({words.source})"
    return (_code(finding), refuses, event, words.text, words.remedy)


def _judgement(kind: GateKind) -> Sequence[str]:
    guide = kind.guide
    return (_code(kind.name), guide.looks_at, guide.passes, guide.fails, guide.inconclusive)


def _source(kind: HrKind) -> Sequence[str]:
    proofs = [_code(proof) for proof in Authentication if proof in kind.proofs]
    keys = [_code(key) for key in kind.key_names]
    return (_code(kind.name), kind.sends, ", ".join(proofs), ", ".join(keys))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "".join(_lines(head, ["---"] * len(head), *rows))


def _lines(*rows: Sequence[str]) -> Iterator[str]:
    for row in rows:
        yield f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in row)}|\n".replace(
            " --- ", "---"
        )


def _code(text: str) -> str:
    return f"`{text}`"


if __name__ == "__main__":
    for page, whole in references().items():
        page.write_text(whole)
    for page, tables in pages().items():
        page.write_text(filled_in(page.read_text(), tables))
