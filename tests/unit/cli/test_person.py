"""`sspr person`: what is kept of one person, put together from all places, and erased."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_api import Api, serving, sspr
from tests.support.cli_samples import FINGERPRINT, operation

UPN = "grace@contoso.test"
ELSEWHERE = {"place": "Log Analytics", "holds": "object ids", "ends": "later", "do": "purge"}


def page(number: int, last: int = 1) -> dict[str, Any]:
    record = {
        "kind": "person",
        "meaning": "where the person stands",
        "table": "enrolments",
        "key": f"p-{number}/person|1",
        "content": {"UserPrincipalName": UPN, "Steps": [["2026-11-30", "visible"]]},
    }
    return {
        "knownBy": [UPN, "7"],
        "place": f"enrolments/p-{number}",
        "records": [record],
        "more": number == 1,
        "elsewhere": [ELSEWHERE] if number == last else [],
        "nextPage": None if number == last else number + 1,
    }


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as server:
        server.answer(f"people/{UPN}/export", (200, page(0)), (200, page(1)))
        yield server


def run(api: Api, *more: str) -> Any:
    return sspr(api, "person", "export", UPN, "--reason", "asked", "--actor", "kim", *more)


def test_all_places_become_one_file_in_json(api: Api, tmp_path: Path) -> None:
    file = tmp_path / "grace.json"
    done = run(api, "--out", str(file))
    assert done.exit_code == 0
    assert [one.json for one in api.posts] == [
        {"reason": "asked", "page": 0},
        {"reason": "asked", "page": 1},
    ]
    assert api.posts[0].headers["x-sspr-actor"] == "kim"
    found = json.loads(file.read_text())
    assert found["knownBy"] == ["7", UPN]
    assert [one["key"] for one in found["records"]] == ["p-0/person|1", "p-1/person|1"]
    assert found["elsewhere"] == [ELSEWHERE]
    assert "2 rows of the person in 2 places of the ledger" in done.stderr
    assert "enrolments/p-1 has more rows than are shown" in done.stderr


@pytest.mark.parametrize("to_file", [True, False])
def test_a_text_for_the_person_says_what_each_kind_is(
    api: Api, tmp_path: Path, *, to_file: bool
) -> None:
    file = tmp_path / "grace.txt"
    done = run(api, "-o", "table", *(["--out", str(file)] if to_file else []))
    assert done.exit_code == 0
    text = file.read_text() if to_file else done.stdout
    assert "person (2): where the person stands" in text
    assert "Where this product cannot look" in text
    assert "Log Analytics" in text


def test_without_a_reason_nothing_is_asked(api: Api) -> None:
    assert sspr(api, "person", "export", UPN).exit_code == 2
    assert not api.asked


def erased(*, done: bool = False, needs_exclusion: bool = False) -> dict[str, Any]:
    row = {"table": "receipts", "kind": "receipt", "meaning": "what became of an event"}
    audit = {"table": "enrolments", "kind": "audit", "meaning": "a record of the audit"}
    return {
        "fingerprint": FINGERPRINT,
        "rows": [
            row | {"fate": "erased", "why": "it is theirs", "rows": 3, "more": False},
            audit | {"fate": "kept", "why": "it proves who", "rows": 1000, "more": True},
        ],
        "warnings": ["what keeps this person out ends"],
        "needsExclusion": needs_exclusion,
        "elsewhere": [ELSEWHERE],
        "done": done,
    }


def answered(api: Api, **changes: bool) -> None:
    api.answer(f"people/{UPN}/erase", (202, operation(kind="erase")))
    ended = operation("succeeded", erased(**changes), kind="erase")
    api.answer("operations/op-1", (200, ended))


def erase(api: Api, *more: str) -> Any:
    return sspr(api, "person", "erase", UPN, "--reason", "asked", "--actor", "kim", *more)


def test_what_would_be_erased_and_what_is_kept_is_shown(api: Api) -> None:
    answered(api)
    done = erase(api)
    assert done.exit_code == 0, done.output
    for told in (
        "If this person is erased",
        "3 rows of the person",
        "what became of an event",
        "1,000 or more",
        "it proves who",
        "what keeps this person out ends",
        f"--apply {FINGERPRINT}",
        "Where this product cannot erase",
        "Log Analytics",
    ):
        assert told in done.stdout
    assert "--with-exclusion" not in done.stdout
    assert api.posts[0].json == {"reason": "asked", "withExclusion": False}


def test_it_is_erased_by_the_fingerprint_and_asked_for_first(api: Api) -> None:
    answered(api, done=True)
    more = ("--with-exclusion", "--apply", FINGERPRINT)
    refused = erase(api, *more)
    assert (refused.exit_code, api.posts) == (2, [])
    done = erase(api, *more, "--yes")
    assert done.exit_code == 0, done.output
    assert "Erased" in done.stdout
    assert "say the same again" not in done.stdout
    asked = {"reason": "asked", "withExclusion": True, "plan": FINGERPRINT}
    assert api.posts[0].json == asked


def test_an_exclusion_for_good_is_named_in_what_to_say_next(api: Api) -> None:
    answered(api, needs_exclusion=True)
    assert "--with-exclusion" in erase(api).stdout


def test_for_scripts_the_operation_is_told_as_it_is(api: Api) -> None:
    answered(api)
    assert json.loads(erase(api, "-o", "json").stdout)["result"] == erased()
