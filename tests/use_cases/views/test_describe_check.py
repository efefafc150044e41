"""How a check stands, person by person, while it is answered and when nobody answers it."""

from dataclasses import replace
from datetime import timedelta

from shared.contracts.messages.directory_answer import DirectoryAnswer, PersonFindings
from shared.contracts.messages.directory_question import MOST_ASKED, DirectoryQuestion
from shared.contracts.messages.queues import DIRECTORY_COMMANDS
from shared.domain.person.enrolment import Provenance, State
from shared.domain.person.people import UserRef
from shared.domain.person.preflight import Finding, Unknown
from shared.use_cases.check_people import (
    ANSWERED_WITHIN,
    ToCheck,
    ask_about,
    check_named,
    record_answers,
)
from shared.use_cases.views.describe_check import describe_check, list_checked
from tests.support.enrolments import NOW, enrolment
from tests.support.stage import Stage, an_id, upn_of


def to_check(number: int) -> ToCheck:
    return ToCheck(an_id(number), UserRef(object_id=an_id(number), sid=f"S-1-5-21-{number}"))


async def answer(stage: Stage, key: str, *people: PersonFindings, minutes: int = 1) -> None:
    at = NOW + timedelta(minutes=minutes)
    given = DirectoryAnswer(question_key=key, people=people, worker="worker-1", answered_at=at)
    await record_answers([given], stage.world, at)


def found(number: int, *words: Finding, unknown: tuple[Unknown, ...] = ()) -> PersonFindings:
    return PersonFindings(key=an_id(number), findings=words, unknown=unknown)


async def test_a_check_tells_how_many_would_be_refused_and_for_what(stage: Stage) -> None:
    people = [to_check(number) for number in range(1, 5)]
    check = await ask_about(people, stage.world, NOW, actor="ada")
    asked = await describe_check(check, stage.world, NOW)
    assert asked is not None
    assert (asked.people, asked.unanswered, asked.over, asked.advice) == (4, 4, False, None)
    await answer(
        stage,
        f"{check}.0",
        *(found(1, Finding.NO_RESET_RIGHT, Finding.ADMIN_PROTECTED), found(2, Finding.DISABLED)),
        *(found(3, Finding.NO_RESET_RIGHT), found(4, unknown=(Unknown.PASSWORD_POLICY,))),
    )
    seen = await describe_check(check, stage.world, NOW)
    assert seen is not None
    assert (seen.refused, seen.unknown, seen.fine, seen.unanswered, seen.over) == (3, 1, 0, 0, True)
    counts = {one.finding.word: (one.people, one.finding.refuses) for one in seen.findings}
    assert counts == {
        "no-reset-right": (2, True),
        "disabled": (1, True),
        "admin-protected": (1, False),
    }
    assert seen.findings[0].finding.event == 33004
    assert [(one.unknown.word, one.people) for one in seen.unknowns] == [("password-policy", 1)]


async def test_following_a_check_reads_the_counts_and_nobody(stage: Stage) -> None:
    people = [to_check(number) for number in range(1, 5)]
    check = await ask_about(people, stage.world, NOW, actor="ada")
    await answer(stage, f"{check}.0", found(1, Finding.DISABLED), found(2))
    stage.turns.points.clear()
    seen = await describe_check(check, stage.world, NOW)
    assert "preflights.find" not in stage.turns.points
    assert seen is not None
    assert (seen.refused, seen.fine, seen.unanswered, seen.over) == (1, 1, 2, False)


async def test_what_an_older_version_has_kept_is_counted_by_its_people(stage: Stage) -> None:
    check = await ask_about([to_check(1), to_check(2)], stage.world, NOW, actor="ada")
    await answer(stage, f"{check}.0", found(1, Finding.DISABLED), found(2))
    (question,) = await stage.world.preflights.questions(check)
    await stage.world.preflights.ask([replace(question, counted=None)])
    seen = await describe_check(check, stage.world, NOW)
    assert seen is not None
    assert (seen.refused, seen.fine, seen.unanswered, seen.over) == (1, 1, 0, True)
    assert [one.people for one in seen.findings] == [1]


async def test_what_an_earlier_look_found_is_no_answer_to_this_check(stage: Stage) -> None:
    first = await ask_about([to_check(1)], stage.world, NOW, actor="ada")
    await answer(stage, f"{first}.0", found(1, Finding.DISABLED))
    later = NOW + timedelta(hours=1)
    check = await ask_about([to_check(1)], stage.world, later, actor="ada")
    seen = await describe_check(check, stage.world, later)
    assert seen is not None
    assert (seen.refused, seen.unanswered) == (0, 1)
    page = await list_checked(check, 0, stage.world)
    assert page is not None
    assert [one.verdict for one in page.people] == ["unanswered"]


async def test_a_check_that_nobody_answers_says_so_when_its_time_is_over(stage: Stage) -> None:
    check = await ask_about([to_check(1)], stage.world, NOW, actor="ada")
    seen = await describe_check(check, stage.world, NOW + ANSWERED_WITHIN)
    assert seen is not None
    assert seen.over
    assert "No worker has answered" in (seen.advice or "")


async def test_everybody_of_a_check_is_listed_a_question_to_a_page(stage: Stage) -> None:
    people = [to_check(number) for number in range(MOST_ASKED + 2)]
    await stage.store(
        enrolment(
            State.VISIBLE,
            Provenance.OURS,
            key=an_id(0),
            user=UserRef(object_id=an_id(0), user_principal_name=upn_of(0)),
        )
    )
    check = await ask_about(people, stage.world, NOW, actor="ada")
    await answer(stage, f"{check}.0", found(0, Finding.LOCKED))
    first, last = [await list_checked(check, page, stage.world) for page in (0, 1)]
    assert first is not None
    assert last is not None
    assert (len(first.people), first.next_page) == (MOST_ASKED, 1)
    assert (len(last.people), last.next_page) == (2, None)
    shown = first.people[0]
    assert (shown.verdict, shown.user_principal_name, shown.worker) == (
        "refused",
        upn_of(0),
        "worker-1",
    )
    assert [(one.word, one.passes, one.code) for one in shown.findings] == [
        ("locked", True, "SSPR_0029")
    ]


async def test_there_is_no_check_that_nobody_asked_for(stage: Stage) -> None:
    assert await describe_check("c0ffee", stage.world, NOW) is None
    assert await list_checked("c0ffee", 0, stage.world) is None


async def test_people_are_checked_by_name_and_the_clouds_are_named_as_such(stage: Stage) -> None:
    stage.arrive(1, synced=True)
    stage.arrive(2)
    await stage.store(
        enrolment(
            State.REQUESTED, Provenance.UNKNOWN, key="employee:7", user=UserRef(employee_id="7")
        )
    )
    names = [upn_of(1), upn_of(2), "7", "nobody@contoso.test", upn_of(1)]
    asked = await check_named(names, stage.world, NOW, actor="ada")
    assert {(one.name, one.standing, one.key) for one in asked.named} == {
        (upn_of(1), "asked", an_id(1)),
        (upn_of(2), "cloud", an_id(2)),
        ("7", "asked", "employee:7"),
        ("nobody@contoso.test", "nobody", None),
    }
    assert (asked.asked, asked.cloud) == (2, 1)
    (question,) = [DirectoryQuestion.read(one.body) for one in stage.deliver(DIRECTORY_COMMANDS)]
    assert [one.key for one in question.people] == [an_id(1), "employee:7"]
    assert question.people[0].sid == "S-1-5-21-1"


async def test_where_nobody_is_to_be_asked_about_nothing_is_asked(stage: Stage) -> None:
    stage.arrive(2)
    asked = await check_named([upn_of(2), "nobody"], stage.world, NOW, actor="ada")
    assert (asked.check, asked.asked) == (None, 0)
    assert stage.deliver(DIRECTORY_COMMANDS) == []
