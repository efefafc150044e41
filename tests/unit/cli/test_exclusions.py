"""exclude, release and excluded, against a real HTTP server: for good, and of many."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.contracts.api.operator_requests import Exclude, Release
from shared.contracts.api.people_views import KeptOutPage, KeptOutView
from tests.support.cli_api import NOT_KNOWN, Api, refusal, serving, sspr
from tests.support.cli_samples import as_json, person

WHY = ("--reason", "shared desk")


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as server:
        yield server


@pytest.fixture
def names(tmp_path: Path) -> str:
    file = tmp_path / "people.txt"
    file.write_text("# the shared desks\nada@contoso.test\n\n 4711 \n")
    return str(file)


def kept_out(number: int, *, never: bool) -> KeptOutView:
    return KeptOutView(
        key=f"person-{number}",
        user_principal_name=f"p{number}@contoso.test" if number == 1 else None,
        state="excluded",
        reason="excluded-for-good" if never else "excluded-by-operator",
        detail="shared desk",
        actor="kim",
        until=None,
    )


def listed(api: Api, *pages: list[KeptOutView], **said: str) -> None:
    parts = [
        KeptOutPage(
            people=tuple(people), next=None if people is pages[-1] else f"person-{number}", **said
        )
        for number, people in enumerate(pages)
    ]
    api.answer("excluded", *((200, as_json(part)) for part in parts))


@pytest.mark.parametrize(
    ("options", "never", "take_out"),
    [
        ((), False, False),
        (("--never",), True, False),
        (("--take-out",), False, True),
        (("--never", "--take-out"), True, True),
    ],
)
def test_an_exclusion_says_what_was_typed_and_nothing_more(
    api: Api, options: tuple[str, ...], never: bool, take_out: bool
) -> None:
    api.answer("people/7/exclude", (200, {"people": [person("excluded")]}))
    done = sspr(api, "exclude", "7", *WHY, *options)
    assert done.exit_code == 0, done.output
    (posted,) = api.posts
    said = Exclude.read(posted.body)
    assert (said.never, said.take_out, said.until) == (never, take_out, None)
    # An app of before knows neither, and takes whatever is not said.
    assert ("never" in posted.json, "takeOut" in posted.json) == (never, take_out)


def test_for_good_has_no_end_and_nothing_is_said(api: Api) -> None:
    done = sspr(api, "exclude", "7", *WHY, "--never", "--until", "7d")
    assert (done.exit_code, "for good has no end" in done.output, api.asked) == (2, True, [])


@pytest.mark.parametrize(("options", "never"), [((), False), (("--never",), True)])
def test_a_release_lifts_what_is_for_good_only_if_it_says_so(
    api: Api, options: tuple[str, ...], never: bool
) -> None:
    api.answer("people/7/release", (200, {"people": [person()]}))
    assert sspr(api, "release", "7", *WHY, *options).exit_code == 0
    assert Release.read(api.posts[0].body).never is never


def test_a_release_that_the_app_refuses_says_how_it_is_lifted(api: Api) -> None:
    api.answer("people/7/release", (409, refusal("kept out for good; sspr release --never")))
    done = sspr(api, "release", "7", *WHY)
    assert (done.exit_code, "sspr release --never" in done.stderr) == (5, True)


@pytest.mark.parametrize("verb", ["exclude", "release"])
def test_of_many_it_is_said_one_by_one_and_all_are_shown(api: Api, verb: str, names: str) -> None:
    for name in ("ada@contoso.test", "4711"):
        there = person("excluded", user_principal_name=f"{name} is there")
        api.answer(f"people/{name}/{verb}", (200, {"people": [there]}))
    done = sspr(api, verb, "--file", names, *WHY, "--never")
    assert done.exit_code == 0, done.output
    assert [one.path for one in api.posts] == [
        f"people/ada@contoso.test/{verb}",
        f"people/4711/{verb}",
    ]
    assert all(one.json["never"] for one in api.posts)
    assert "ada@contoso.test is there" in done.stdout
    assert "4711 is there" in done.stdout


@pytest.mark.parametrize("verb", ["exclude", "release"])
@pytest.mark.parametrize("both", [True, False])
def test_one_person_or_a_file_and_not_both(api: Api, verb: str, both: bool, names: str) -> None:
    given = ("7", "--file", names) if both else ()
    done = sspr(api, verb, *given, *WHY)
    assert (done.exit_code, "one person, or a --file" in done.output) == (2, True)
    assert api.asked == []


def test_all_whom_operators_keep_out_are_listed_part_by_part(api: Api) -> None:
    listed(api, [kept_out(1, never=True)], [kept_out(2, never=False)])
    done = sspr(api, "excluded")
    assert done.exit_code == 0, done.output
    assert api.paths == ["excluded", "excluded?after=person-0"]
    for told in ("person-1", "excluded-for-good", "person-2", "excluded-by-operator", "kim"):
        assert told in done.stdout
    assert "p1@contoso.test" in done.stdout


def test_why_names_are_missing_is_said_once_beside_the_list(api: Api) -> None:
    """On stderr, so that whoever reads the list's JSON reads on."""
    why = "Entra could not be asked for the names of some people; ask again"
    listed(api, [kept_out(2, never=True)], [kept_out(3, never=True)], names_missing=why)
    done = sspr(api, "excluded", "-o", "json")
    assert (len(json.loads(done.stdout)), done.stderr) == (2, f"{why}\n")


def test_of_those_only_who_is_out_for_good(api: Api) -> None:
    listed(api, [kept_out(1, never=True), kept_out(2, never=False)])
    done = sspr(api, "excluded", "--never", "-o", "json")
    assert done.exit_code == 0, done.output
    assert [one["key"] for one in json.loads(done.stdout)] == ["person-1"]


def test_an_app_that_knows_no_such_list_is_said_to_be_older(api: Api) -> None:
    api.answer("excluded", NOT_KNOWN)
    done = sspr(api, "excluded")
    assert (done.exit_code != 0, "it is older" in done.output) == (True, True)
