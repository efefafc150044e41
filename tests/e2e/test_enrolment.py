"""How people get into scope, and out of it again."""

from datetime import UTC, datetime, timedelta

from sandbox.company import SCOPE_GROUP, SYNCED_SCOPE_GROUP
from tests.support.rig import (
    EVENTS,
    People,
    Rig,
    plain,
    reasons,
    until,
)


def test_a_cloud_person_gets_into_the_cloud_group(rig: Rig, people: People) -> None:
    """Given a cloud-only person, when HR onboards them, then the report shows them enabled."""
    person = people.cloud()

    (key,) = rig.onboard(person.user_principal_name)

    enrolled = rig.reaches(person.user_principal_name, "effective")
    assert (enrolled["sourceOfAuthority"], enrolled["provenance"]) == ("cloud", "ours")
    assert reasons(enrolled) == ["onboarded", "added", "seen-in-entra", "sspr-enabled"]
    assert rig.groups(person) == [SCOPE_GROUP]
    followed = rig.console.person(key)
    assert followed is not None
    assert followed["objectId"] == person.object_id


def test_a_synced_person_gets_into_the_ad_group(rig: Rig, people: People) -> None:
    """Given a synced person, when HR onboards them, then AD, Entra and the report all show it."""
    person = people.synced()

    rig.onboard(person.user_principal_name)

    enrolled = rig.reaches(person.user_principal_name, "effective")
    assert (enrolled["sourceOfAuthority"], enrolled["provenance"]) == ("on-premises", "ours")
    assert reasons(enrolled)[:3] == ["onboarded", "command-issued", "added"]
    assert person.sam_account_name in rig.ad_members()
    assert rig.groups(person) == sorted([SYNCED_SCOPE_GROUP, SCOPE_GROUP])


def test_a_new_hire_in_ad_only_is_enrolled_before_entra_knows_them(rig: Rig) -> None:
    """Given a hire whom no sync has seen, when HR knows but the employee id, then they get in."""
    with rig.connect_host(suspended=True):
        person = rig.hire("nora")
        assert person.employee_id is not None

        (key,) = rig.onboard(person.employee_id)

        applied = rig.reaches(person.employee_id, "applied")
        assert (applied["objectId"], applied["provenance"]) == (None, "ours")

    enrolled = rig.reaches(person.employee_id, "visible", "effective")
    assert enrolled["objectId"] == rig.in_entra(person)["id"]
    assert enrolled["userPrincipalName"] == person.user_principal_name
    assert "arrived-in-entra" in reasons(enrolled)
    followed = rig.console.person(key)
    assert followed is not None
    assert followed["key"] == enrolled["objectId"]


def test_leavers_of_every_kind_are_taken_out(rig: Rig, people: People) -> None:
    """Given a cloud, a synced and a new person in scope, when they leave, then none is left in."""
    leavers = [people.cloud(), people.synced(), rig.hire("liam")]
    names = [str(person.employee_id) for person in leavers]
    rig.onboard(*names)
    for person, name in zip(leavers, names, strict=True):
        rig.reaches(name, "visible", "effective")
        assert SCOPE_GROUP in rig.groups(person)

    rig.offboard(*names)

    for name in names:
        gone = rig.reaches(name, "withdrawn")
        assert "offboarded" in reasons(gone)
        assert gone["reason"] == "seen-gone"
    assert not {person.sam_account_name for person in leavers} & set(rig.ad_members())
    # Two of them leave Entra's group only by the next delta sync.
    rig.console.sync()
    assert [rig.groups(person) for person in leavers] == [[], [], []]


def test_a_hire_date_ahead_is_waited_for(rig: Rig, people: People) -> None:
    """Given somebody who is nowhere yet, when they start in two weeks, then they wait for it."""
    person = people.in_hr_only()
    start = datetime.now(UTC).date() + timedelta(days=14)

    rig.onboard(person.user_principal_name, effectiveDate=start.isoformat())

    waiting = rig.reaches(person.user_principal_name, "waiting")
    assert waiting["reason"] == "hire-date-ahead"
    assert waiting["due"] == f"{start}T00:00:00Z"
    assert waiting["deadline"] > waiting["due"]


def test_somebody_in_entra_waits_for_their_hire_date_too(rig: Rig, people: People) -> None:
    """Given an account made ahead of time, when the date is ahead, then nothing is written yet."""
    person = people.cloud()
    start = datetime.now(UTC).date() + timedelta(days=3)

    rig.onboard(person.user_principal_name, effectiveDate=start.isoformat())

    assert rig.reaches(person.user_principal_name, "waiting")["reason"] == "hire-date-ahead"
    assert rig.groups(person) == []


def test_a_hire_date_in_the_past_enrols_at_once(rig: Rig, people: People) -> None:
    """Given an event that comes a week late, when it arrives, then the person gets in at once."""
    person = people.cloud()
    start = datetime.now(UTC).date() - timedelta(days=7)

    rig.onboard(person.user_principal_name, effectiveDate=start.isoformat())

    rig.reaches(person.user_principal_name, "visible", "effective")


def test_somebody_in_neither_directory_is_looked_for_again(rig: Rig) -> None:
    """Given a name that nobody has, when it is onboarded, then it waits for its next look-up."""
    name = "somebody.new@contoso.test"

    rig.onboard(name)

    waiting = rig.reaches(name, "waiting")
    assert waiting["reason"] == "not-in-any-directory"
    assert datetime.fromisoformat(waiting["since"]) < datetime.fromisoformat(waiting["due"])
    assert datetime.fromisoformat(waiting["due"]) < datetime.fromisoformat(waiting["deadline"])


def test_a_message_placed_by_hand_just_works(rig: Rig, people: People) -> None:
    """Given a person, when plain JSON is put on the queue by the portal, then they get in."""
    person = people.cloud()

    rig.place(EVENTS, {"userPrincipalName": person.user_principal_name})

    rig.reaches(person.user_principal_name, "visible", "effective")


def test_a_batch_of_cloud_events_is_one_call(rig: Rig, people: People) -> None:
    """Given CloudEvents of an HR system, when it posts a batch, then each has its own way."""
    hires = [people.cloud(), people.cloud()]
    events = [
        _cloud_event(person.user_principal_name, f"e2e-{n}") for n, person in enumerate(hires)
    ]

    keys = rig.console.inject([*events, events[0]])

    assert len(set(keys)) == len(hires)
    assert keys[2] == keys[0]
    for person in hires:
        enrolled = rig.reaches(person.user_principal_name, "visible", "effective")
        assert reasons(enrolled).count("onboarded") == 1


def test_an_old_event_that_comes_late_undoes_nothing(rig: Rig, people: People) -> None:
    """Given a leaver, when an older onboarding event comes after it, then they stay out."""
    name = people.cloud().user_principal_name
    left = _cloud_event(name, "e2e-left", kind="offboarded", at="2026-02-02T08:00:00Z")
    joined = _cloud_event(name, "e2e-joined", at="2026-02-01T08:00:00Z")

    rig.console.inject([left])
    rig.reaches(name, "withdrawn")
    rig.console.inject([joined])

    def dealt_with() -> bool:
        return "outdated" in reasons(rig.reaches(name, "withdrawn"))

    until(dealt_with, "the older event to be noted")


def _cloud_event(
    upn: str, event_id: str, *, kind: str = "onboarded", at: str = "2026-02-01T08:00:00Z"
) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "/hr/e2e",
        "type": f"io.sspr-rollout.person.{kind}.v1",
        "time": at,
        "data": plain(upn, reason="e2e"),
    }
