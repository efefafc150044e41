"""People are checked: the worker is asked in parts, and only what was asked is believed."""

from collections.abc import Sequence
from datetime import timedelta

from structlog.typing import EventDict

from shared.contracts.messages.contract import EARLIEST, LATEST
from shared.contracts.messages.directory_answer import DirectoryAnswer, PersonFindings
from shared.contracts.messages.directory_question import MOST_ASKED, DirectoryQuestion
from shared.contracts.messages.queues import DIRECTORY_COMMANDS
from shared.domain.person.enrolment import Provenance, State
from shared.domain.person.people import UserRef
from shared.domain.person.preflight import Finding, Unknown
from shared.domain.person.reasons import Reason
from shared.use_cases.check_people import ANSWERED_WITHIN, ToCheck, ask_about
from shared.use_cases.message import Message
from shared.use_cases.writing.record_results import record_results
from tests.support.enrolments import HOUR, NOW, enrolment
from tests.support.stage import Stage, an_id, said


def to_check(number: int) -> ToCheck:
    user = UserRef(object_id=an_id(number), sid=f"S-1-5-21-{number}", source_anchor="AAAA")
    return ToCheck(an_id(number), user)


def questions(stage: Stage) -> Sequence[DirectoryQuestion]:
    return [DirectoryQuestion.read(one.body) for one in stage.deliver(DIRECTORY_COMMANDS)]


def answer(key: str, *people: PersonFindings, at: object = NOW) -> Message:
    given = DirectoryAnswer(question_key=key, people=people, worker="worker-1", answered_at=at)
    return Message(given.text())


def findings(number: int, *words: Finding, unknown: tuple[Unknown, ...] = ()) -> PersonFindings:
    return PersonFindings(key=an_id(number), findings=words, unknown=unknown)


async def test_many_people_are_asked_about_in_parts_and_nobody_twice(stage: Stage) -> None:
    people = [to_check(number) for number in range(MOST_ASKED + 1)]
    check = await ask_about([*people, people[0]], stage.world, NOW, actor="ada")
    first, second = questions(stage)
    assert [len(first.people), len(second.people)] == [MOST_ASKED, 1]
    assert [first.question_key, second.question_key] == [f"{check}.0", f"{check}.1"]
    assert first.expires_at == NOW + ANSWERED_WITHIN
    asked = await stage.world.preflights.questions(check)
    assert [key for one in asked for key in one.people] == [one.key for one in people]


async def test_asked_again_at_the_same_moment_it_is_the_same_question(stage: Stage) -> None:
    """A handler that runs twice has one question delivered."""
    once = await ask_about([to_check(1)], stage.world, NOW, actor="ada")
    assert await ask_about([to_check(1)], stage.world, NOW, actor="ada") == once
    assert len(questions(stage)) == 1


async def test_whoever_is_known_by_name_alone_is_asked_about_by_name(stage: Stage) -> None:
    unknown = UserRef(user_principal_name="ada@contoso.test", employee_id="7")
    await ask_about([ToCheck("employee:7", unknown)], stage.world, NOW, actor="ada")
    ((member,),) = [one.people for one in questions(stage)]
    assert (member.user_principal_name, member.employee_id) == ("ada@contoso.test", "7")


async def test_an_answer_is_kept_of_whom_was_asked_about_alone(
    stage: Stage, signals: list[EventDict]
) -> None:
    check = await ask_about([to_check(1), to_check(2)], stage.world, NOW, actor="ada")
    given = answer(
        f"{check}.0",
        findings(1, Finding.INHERITANCE_BLOCKED, Finding.NO_RESET_RIGHT),
        findings(2, unknown=(Unknown.CONNECTOR,)),
        findings(3, Finding.DISABLED),
    )
    await record_results([given, answer("nobody-asked.0", findings(4))], stage.world, NOW)
    kept = await stage.world.preflights.find([an_id(number) for number in range(1, 5)])
    assert set(kept) == {an_id(1), an_id(2)}
    assert kept[an_id(1)].findings == (Finding.NO_RESET_RIGHT, Finding.INHERITANCE_BLOCKED)
    assert kept[an_id(2)].unknown == (Unknown.CONNECTOR,)
    assert said(signals, "answers-ignored") == [{"why": "unasked", "answers": 2}]


async def test_a_copy_of_an_answer_changes_nothing(stage: Stage) -> None:
    """Nor does another answer to a question that was answered: it may be somebody else's."""
    check = await ask_about([to_check(1)], stage.world, NOW, actor="ada")
    await record_results([answer(f"{check}.0", findings(1, Finding.DISABLED))], stage.world, NOW)
    await record_results([answer(f"{check}.0", findings(1))], stage.world, NOW + HOUR)
    (kept,) = (await stage.world.preflights.find([an_id(1)])).values()
    assert (kept.findings, kept.seen_at) == ((Finding.DISABLED,), NOW)


async def test_the_workers_clock_makes_no_finding_older_or_younger_than_can_be(
    stage: Stage,
) -> None:
    for number, at in enumerate([EARLIEST, LATEST], start=1):
        check = await ask_about([to_check(number)], stage.world, NOW, actor="ada")
        later = NOW + timedelta(minutes=1)
        await record_results([answer(f"{check}.0", findings(number), at=at)], stage.world, later)
    kept = await stage.world.preflights.find([an_id(1), an_id(2)])
    assert [kept[an_id(1)].seen_at, kept[an_id(2)].seen_at] == [NOW, NOW + timedelta(minutes=1)]


async def test_whoever_is_in_ad_and_never_came_to_entra_is_out_of_the_syncs_scope(
    stage: Stage,
) -> None:
    keys = ["employee:1", "employee:2"]
    for key in keys:
        await stage.store(
            enrolment(
                State.FAILED,
                Provenance.UNKNOWN,
                key=key,
                user=UserRef(employee_id=key),
                reason=Reason.NOT_SYNCED,
            )
        )
    people = [ToCheck(key, UserRef(employee_id=key)) for key in keys]
    check = await ask_about(people, stage.world, NOW, actor="ada")
    given = answer(
        f"{check}.0",
        PersonFindings(key=keys[0]),
        PersonFindings(key=keys[1], findings=(Finding.NOT_FOUND,)),
    )
    await record_results([given], stage.world, NOW)
    kept = await stage.world.preflights.find(keys)
    assert [kept[key].findings for key in keys] == [
        (Finding.OUT_OF_SYNC_SCOPE,),
        (Finding.NOT_FOUND,),
    ]
