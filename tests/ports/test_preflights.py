"""What was asked about people's accounts, and what was found of each last."""

from dataclasses import replace
from datetime import timedelta

from shared.domain.person.preflight import Finding, Preflight, Unknown, Verdict
from shared.domain.person.preflight_tally import Tally
from shared.ports.preflights import PreflightQuestion
from tests.support.ports.kept import Kept
from tests.support.ports.people import NOW, object_id

PROVISIONAL = "upn:O'Neil/1@contoso.test"


def question(part: int, *people: str, check: str = "c0ffee") -> PreflightQuestion:
    return PreflightQuestion(
        check=check,
        part=part,
        people=people,
        asked_at=NOW,
        expires_at=NOW + timedelta(minutes=15),
        actor="ada",
    )


def found(key: str, *findings: Finding, minutes: int = 0, **changes: object) -> Preflight:
    seen = Preflight(
        key=key, seen_at=NOW + timedelta(minutes=minutes), worker="worker-1", findings=findings
    )
    return replace(seen, **changes)  # type: ignore[arg-type]  # of any field


async def test_the_questions_of_a_check_are_found_in_their_order(tables: Kept) -> None:
    preflights = tables.preflights
    assert await preflights.questions("c0ffee") == []
    assert await preflights.question("c0ffee.0") is None
    asked = [question(part, object_id(part)) for part in range(12)]
    await preflights.ask(list(reversed(asked)))
    await preflights.ask([question(0, "another's", check="beef")])
    assert list(await preflights.questions("c0ffee")) == asked
    assert await preflights.question("c0ffee.11") == asked[11]
    assert await preflights.question("no key of a question") is None


async def test_of_each_person_what_was_found_last_is_remembered(tables: Kept) -> None:
    preflights = tables.preflights
    ada, bob = object_id(1), object_id(2)
    asked = question(0, ada, bob, PROVISIONAL)
    await preflights.ask([asked])
    first = [found(ada, Finding.DISABLED), found(PROVISIONAL, unknown=(Unknown.CONNECTOR,))]
    await preflights.answered(asked, first, NOW)
    counted = Tally(
        people=2,
        verdicts={Verdict.REFUSED: 1, Verdict.UNKNOWN: 1},
        findings={Finding.DISABLED: 1},
        unknown={Unknown.CONNECTOR: 1},
    )
    answered = replace(asked, answered_at=NOW, counted=counted)
    assert await preflights.question(asked.key) == answered
    again = found(ada, Finding.NO_RESET_RIGHT, Finding.LOCKED, minutes=1)
    await preflights.answered(question(1, ada), [again], NOW)
    seen = await preflights.find([ada, bob, PROVISIONAL, "nobody"])
    assert seen == {ada: again, PROVISIONAL: first[1]}


async def test_of_many_people_the_findings_are_found_as_of_few(tables: Kept) -> None:
    everybody = [object_id(number) for number in range(1, 701)]
    kept = [found(key, Finding.DISABLED) for key in everybody[:650]]
    await tables.preflights.answered(question(0, *everybody), kept, NOW)
    asked = everybody[1:]
    assert await tables.preflights.find(asked) == {one.key: one for one in kept[1:]}
