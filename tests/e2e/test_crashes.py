"""Power cuts at the worst moments: nothing is lost, nothing is done twice, nothing is disowned."""

from typing import Any

from sandbox.company import SCOPE_GROUP
from tests.support.rig import COMMANDS, RESULTS, People, Rig, reasons, until


def test_the_worker_dies_between_the_write_in_ad_and_its_answer(rig: Rig, people: People) -> None:
    """Given a member written in AD, when the worker dies untold, then it is ours all the same."""
    person = people.synced()
    # The answer for this person: how an earlier change fared in the delta sync may come late.
    with rig.held(RESULTS, "send", containing=person.object_id) as waiting:
        rig.onboard(person.user_principal_name)
        until(waiting, "the worker to send its answer")
        assert person.sam_account_name in rig.ad_members()
        rig.kill("hybrid_worker")

    rig.start()

    _is_in_once(rig.reaches(person.user_principal_name, "effective"))
    assert rig.ad_members().count(str(person.sam_account_name)) == 1


def test_the_worker_dies_between_its_answer_and_letting_go(rig: Rig, people: People) -> None:
    """Given an answered command, when the worker dies, then its redelivery changes nothing."""
    person = people.synced()
    rig.comes_to_rest()
    with rig.held(COMMANDS, "settle") as waiting:
        rig.onboard(person.user_principal_name)
        until(waiting, "the worker to complete the command")
        rig.kill("hybrid_worker")

    rig.start()

    until(lambda: not rig.messages(COMMANDS), "the command to be completed after all")
    _is_in_once(rig.reaches(person.user_principal_name, "effective"))
    assert rig.ad_members().count(str(person.sam_account_name)) == 1


def test_the_app_dies_between_the_write_in_entra_and_the_ledger(rig: Rig, people: People) -> None:
    """Given a member written by Graph, when the app dies untold, then it is ours all the same."""
    person = people.cloud()
    with rig.held_graph("PATCH", "^/groups/", "after") as waiting:
        rig.onboard(person.user_principal_name)
        until(waiting, "Graph to have made the change")
        assert rig.groups(person) == [SCOPE_GROUP]
        rig.kill("functions_host")

    rig.start()

    _is_in_once(rig.reaches(person.user_principal_name, "effective"))


def test_the_app_dies_while_it_reads_a_batch_of_events(rig: Rig, people: People) -> None:
    """Given a batch under way, when the app dies, then everybody in it still gets in, once."""
    batch = [people.cloud(), people.synced(), people.cloud(), people.synced()]
    with rig.held_graph("GET", "^/users", "before") as waiting:
        keys = rig.onboard(*(person.user_principal_name for person in batch))
        until(waiting, "the app to ask Graph who they are")
        rig.kill("functions_host")

    rig.start()

    for person, key in zip(batch, keys, strict=True):
        enrolled = rig.reaches(person.user_principal_name, "effective")
        _is_in_once(enrolled)
        event = rig.console.event(key)
        assert event is not None
        assert event["outcome"] == "onboarded"


def test_events_that_are_cut_off_after_sigterm_are_dealt_with_rightly(
    rig: Rig, people: People
) -> None:
    """Given a batch that does not end in time, when the host cuts it off, then it is done anew."""
    batch = [people.cloud(), people.synced(), people.cloud()]
    with rig.held_graph("GET", "^/users", "after") as waiting:
        keys = rig.onboard(*(person.user_principal_name for person in batch))
        until(waiting, "the app to ask Graph who they are")
        rig.cut_off("functions_host", "enroll_people")

    rig.start()

    for person, key in zip(batch, keys, strict=True):
        _is_in_once(rig.reaches(person.user_principal_name, "effective"))
        event = rig.console.event(key)
        assert event is not None
        assert event["outcome"] == "onboarded"


def test_a_write_that_is_cut_off_after_sigterm_is_recorded_once(rig: Rig, people: People) -> None:
    """Given a member written by Graph, when the host cuts off its writer, then it is ours."""
    person = people.cloud()
    with rig.held_graph("PATCH", "^/groups/", "after") as waiting:
        rig.onboard(person.user_principal_name)
        until(waiting, "Graph to have made the change")
        assert rig.groups(person) == [SCOPE_GROUP]
        rig.cut_off("functions_host", "apply_scope_changes")

    rig.start()

    _is_in_once(rig.reaches(person.user_principal_name, "effective"))


def _is_in_once(person: dict[str, Any]) -> None:
    assert person["provenance"] == "ours"
    taken = reasons(person)
    assert taken.count("onboarded") == 1
    assert taken.count("added") + taken.count("already-member") == 1
    assert person["flag"] is None
