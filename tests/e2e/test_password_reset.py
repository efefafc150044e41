"""What it is all for: whoever is in scope resets a forgotten password, and nobody else does."""

from sandbox.company import INITIAL_PASSWORD
from tests.support.rig import People, Rig

NEW_PASSWORD = "Forgotten-No-More-1!"


def test_a_person_can_reset_their_password_from_enrolment_on_and_not_before(
    rig: Rig, people: People
) -> None:
    """Given a synced person, when they are enrolled and register, then AD takes a new password."""
    upn = people.synced().user_principal_name
    before = rig.console.reset_password(upn, NEW_PASSWORD)
    assert (before.status_code, before.json()["code"]) == (403, "SSPR_0013")
    assert rig.console.signs_in(upn, INITIAL_PASSWORD)

    rig.onboard(upn)
    rig.reaches(upn, "effective")
    unregistered = rig.console.reset_password(upn, NEW_PASSWORD)
    assert unregistered.json()["code"] == "SSPR_0014"
    rig.console.register(upn)

    assert rig.console.reset_password(upn, NEW_PASSWORD).is_success
    assert rig.console.signs_in(upn, NEW_PASSWORD)
    rig.reaches(upn, "resettable")


def test_the_password_of_a_protected_person_cannot_be_written_back(
    rig: Rig, people: People
) -> None:
    """Given adminCount=1, when the host writes a password back, then AD refuses with 33004.

    This is why such people are never enrolled.
    """
    person = people.who(lambda one: one.protected)
    user = rig.in_entra(person)
    order = {
        "onPremisesImmutableId": user["onPremisesImmutableId"],
        "newPassword": NEW_PASSWORD,
    }

    answer = rig.console.connect.post("/writeback", json=order)

    assert (answer.status_code, answer.json()["eventId"]) == (403, 33004)
    assert rig.console.signs_in(person.user_principal_name, INITIAL_PASSWORD)


def test_a_leaver_can_no_longer_reset(rig: Rig, people: People) -> None:
    """Given a cloud person who could reset, when they have left, then they cannot any more."""
    upn = people.cloud().user_principal_name
    rig.onboard(upn)
    rig.reaches(upn, "visible", "effective")
    rig.console.register(upn)
    assert rig.console.reset_password(upn, NEW_PASSWORD).is_success

    rig.offboard(upn)
    rig.reaches(upn, "withdrawn")

    assert rig.console.reset_password(upn, "Another-One-1!").json()["code"] == "SSPR_0013"
