"""What nobody was shown has a limit: beyond it all stops until somebody has been asked."""

from tests.support.rig import Rig, flat, until
from tests.support.rollout_rig import RolloutRig

_MOST = 3


def test_more_hires_and_leavers_than_an_hour_allows_are_written_once_they_are_meant(
    wary_stage: RolloutRig,
) -> None:
    """Given four where three are allowed, then all stops and says so, and an operator decides.

    First as they are hired, then as the same four leave.
    """
    rig = wary_stage.rig
    four = [wary_stage.cloud(), wary_stage.synced(), wary_stage.cloud(), wary_stage.synced()]
    names = [person.user_principal_name for person in four]

    rig.onboard(*names)
    _asks(rig, "too-many", "additions within an hour: 4 people, more than the 3 allowed")
    for name in names:
        rig.reaches(name, "requested", "applied", "visible", "effective")
    assert len(rig.members_among(*four)) <= _MOST
    _goes_on(rig)
    for name in names:
        rig.reaches(name, "effective")
    assert rig.members_among(*four) == names

    rig.offboard(*names)
    _asks(rig, "too-many", "removals within an hour: 4 people, more than the 3 allowed")
    assert len(rig.members_among(*four)) >= len(four) - _MOST
    _goes_on(rig)
    for name in names:
        rig.reaches(name, "withdrawn")
    assert rig.members_among(*four) == []


def _asks(rig: Rig, reason: str, text: str) -> None:
    """Everything that writes stops for this reason, and says so where people look."""
    until(lambda: rig.stop_reason() == reason, f"all to stop: {reason}")
    so_far = len(_log(rig))
    told = rig.sspr("status")
    assert text in flat(told.stdout), told.stdout + told.stderr
    signal = f'"reason": "{reason}", "who": "clock"'
    until(lambda: signal in _log(rig)[so_far:], "the alarm's signal, for as long as it lasts")


def _goes_on(rig: Rig) -> None:
    started = rig.sspr("start", "--reason", "they are meant")
    assert started.returncode == 0, started.stderr


def _log(rig: Rig) -> str:
    return (rig.layout.logs / "functions_host.log").read_text()
