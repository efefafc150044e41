"""What may stand in a signal, and when a worker's trouble is news."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.noticing import has_new_problem, signals_of_person, signals_of_rollout
from shared.domain.person.enrolment import State
from shared.domain.person.reasons import Reason
from shared.domain.rollout.state import Phase
from shared.domain.signals import (
    CommandUnanswered,
    PersonFailed,
    PersonFlagged,
    WaveBegun,
    person_reference,
    plain_field,
    plain_text,
)
from tests.support.enrolments import ANNA_ID, ANNA_UPN, enrolment, provisional
from tests.support.waves import MINUTE, NOW, rollout, sight

FAILED = sight(NOW, sync_succeeded=False, sync_ended_at=NOW, problem="export-failed")


def test_somebody_with_an_object_id_is_told_of_by_it() -> None:
    assert person_reference(ANNA_ID) == ANNA_ID


@pytest.mark.parametrize("key", [f"upn:{ANNA_UPN}", "employee:4711"])
def test_whoever_has_none_yet_is_told_of_by_a_digest_that_stays_the_same(key: str) -> None:
    told = person_reference(key)
    assert told == person_reference(key)
    assert told.startswith("provisional-")
    assert not any(part in told for part in ("anna", "4711", "@", ":"))


@pytest.mark.parametrize("field", ["data.employeeId", "[3].data.userPrincipalName", "(body)"])
def test_a_fields_name_is_told_as_it_is(field: str) -> None:
    assert plain_field(field) == field


@pytest.mark.parametrize("field", ["anna@contoso.test", "Anna Berg", "x" * 101, "", None])
def test_what_a_sender_put_in_the_place_of_a_fields_name_is_not(field: str | None) -> None:
    assert plain_field(field) == "(unusual)"


def test_a_reason_is_told_without_addresses_and_cut_off() -> None:
    assert plain_text(f"{ANNA_UPN} is not known") == "… is not known"
    assert len(plain_text("x" * 1000)) == 200


def test_a_person_who_fails_is_told_of_once() -> None:
    failed = enrolment(State.FAILED, reason=Reason.SID_MISMATCH)
    told = [*signals_of_person(enrolment(State.REQUESTED), failed)]
    assert told == [PersonFailed(person=ANNA_ID, reason=Reason.SID_MISMATCH)]
    assert [*signals_of_person(failed, replace(failed, attempts=2))] == []


def test_a_flag_is_told_when_it_is_raised_and_not_while_it_stays() -> None:
    before = enrolment(State.REQUESTED, command_key="command-1")
    silent = replace(before, flag=Reason.WORKER_SILENT)
    assert [*signals_of_person(before, silent)] == [
        CommandUnanswered(person=ANNA_ID, command="command-1")
    ]
    assert [*signals_of_person(silent, silent)] == []
    (told,) = signals_of_person(None, provisional(State.APPLIED, flag=Reason.NOT_VISIBLE))
    assert isinstance(told, PersonFlagged)
    assert ANNA_UPN not in str(told)


def test_a_restarted_rollout_begins_its_first_wave_anew() -> None:
    planned = rollout(Phase.PLANNED, started=0)
    begun = rollout(Phase.PROGRESSING, started=1)
    assert WaveBegun(wave="pilot", number=1) in signals_of_rollout(planned, begun)
    assert not [one for one in signals_of_rollout(begun, planned) if isinstance(one, WaveBegun)]


def test_a_lease_or_a_look_at_the_gates_is_nothing_to_tell_of() -> None:
    soaking = rollout(Phase.SOAKING)
    assert [*signals_of_rollout(soaking, replace(soaking, evaluated_at=NOW))] == []


@pytest.mark.parametrize(
    ("later", "is_news"),
    [
        (FAILED, False),
        (replace(FAILED, sync_ended_at=NOW + timedelta(seconds=5)), False),
        (replace(FAILED, sync_ended_at=NOW + 30 * MINUTE), True),
        (replace(FAILED, problem="staging"), True),
        (replace(FAILED, sync_succeeded=True, problem=""), False),
    ],
)
def test_a_workers_trouble_is_news_when_it_is_another_or_comes_again(
    later: object, *, is_news: bool
) -> None:
    assert has_new_problem(None, FAILED)
    assert has_new_problem(FAILED, later) is is_news  # type: ignore[arg-type]  # a sight
