"""`sspr person export`: what is kept of one person, put together from all places."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_api import Api, serving, sspr

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
