"""An app older or newer than this sspr: what it lacks is named, what it adds passed over."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.cli_api import NOT_KNOWN, Api, serving, sspr
from tests.support.cli_samples import (
    HEALTH,
    STATUS,
    as_json,
    forecast,
    operation,
    person,
    rollout,
    wave,
    worker,
)


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as server:
        server.answer("status", (200, STATUS))
        server.answer("rollout", (200, rollout()))
        yield server


def without(value: dict[str, Any], *fields: str) -> dict[str, Any]:
    return {name: one for name, one in value.items() if name not in fields}


def test_a_field_that_an_older_app_lacks_is_named_with_its_place(api: Api) -> None:
    api.answer("users/7", (200, {"people": [without(person(), "final", "text")]}))
    done = sspr(api, "user", "7")
    assert done.exit_code == 4
    assert done.stderr == (
        f"{api.url} answered, but lacks `people.0.final`, which this sspr needs: the app is older "
        "or much newer than it, or SSPR_URL is not the app's /api\n"
    )


def test_a_field_of_another_kind_is_named_too_and_its_value_never_shown(api: Api) -> None:
    api.answer("status", (200, STATUS | {"people": "a secret"}))
    done = sspr(api, "status")
    assert done.exit_code == 4
    assert "has another kind of `people`" in done.stderr
    assert "secret" not in done.output


def test_an_operation_of_an_older_app_is_not_followed(api: Api) -> None:
    api.answer("rollout/rollback", (202, without(operation(kind="rollback"), "over")))
    done = sspr(api, "rollback", "five", "--reason", "writeback fails")
    assert (done.exit_code, "lacks `over`" in done.stderr) == (4, True)


def test_fields_that_a_newer_app_adds_are_passed_over(api: Api) -> None:
    newer = {"mood": "good", "moods": [1, {"deep": True}]}
    api.answer("status", (200, STATUS | newer))
    api.answer("rollout", (200, rollout() | newer))
    api.answer("users/7", (200, {"people": [person() | newer], "forecast": [forecast() | newer]}))
    for command in (["status"], ["user", "7"], ["wait", "--phase", "soaking"]):
        done = sspr(api, *command)
        assert done.exit_code == 0, done.stderr


def test_words_that_a_newer_app_adds_are_shown_as_they_are(api: Api) -> None:
    checks = [HEALTH["checks"][0] | {"kind": "oracle", "trouble": "asleep", "advice": "Wake it."}]
    api.answer("health/report", (200, HEALTH | {"health": "sleepy", "checks": checks}))
    done = sspr(api, "health")
    assert (done.exit_code, done.stderr) == (1, "the app is sleepy\n")
    assert "oracle" in done.stdout
    ascending = rollout(waves=(wave("five", "ascending", {"ascended": 3}),)) | {"phase": "ascent"}
    api.answer("rollout", (200, ascending))
    shown = sspr(api, "status").stdout
    assert "ascent since" in shown
    assert "? ascended 3 (100 %)" in shown


def test_order_and_finality_of_a_state_are_the_apps_to_say(api: Api) -> None:
    beyond = person() | {"state": "ascended", "reached": ["visible", "ascended"], "final": True}
    api.answer("users/7", (200, {"people": [beyond]}))
    assert sspr(api, "user", "7", "--watch", "--until", "visible").exit_code == 0
    assert sspr(api, "user", "7", "--watch").exit_code == 0


def test_before_there_is_a_rollout_the_workers_and_their_versions_are_shown(api: Api) -> None:
    """Whoever sets up looks there first; a rollout that is there shows its own."""
    newer = worker(version="0.4.0+0123abc", fit="newer than the app: update the app")
    api.answer("status", (200, STATUS | {"workers": [as_json(newer)]}))
    api.answer("rollout", NOT_KNOWN)
    shown = sspr(api, "status").stdout
    assert "There is no rollout yet" in shown
    for word in ("Versions of the workers", "0.4.0+0123abc", "update the app", "worker-1"):
        assert word in shown
    api.answer("rollout", (200, rollout()))
    assert "0.4.0+0123abc" not in sspr(api, "status").stdout
