"""Everything stopped and started again, with work in every place where it can be."""

from datetime import UTC, datetime, timedelta

from sandbox import supervisor
from tests.support.rig import EVENTS, People, Rig, plain


def test_a_restart_of_everything_loses_nothing(rig: Rig, people: People) -> None:
    """Given people arrived, under way, waiting and queued, when all restarts, then all get on."""
    arrived, under_way, queued = people.cloud(), people.synced(), people.cloud()
    later = people.in_hr_only()
    start = datetime.now(UTC).date() + timedelta(days=9)
    rig.onboard(arrived.user_principal_name)
    rig.onboard(later.user_principal_name, effectiveDate=start.isoformat())
    before = rig.reaches(arrived.user_principal_name, "effective")
    rig.reaches(later.user_principal_name, "waiting")
    with rig.connect_host(suspended=True):
        rig.onboard(under_way.user_principal_name)
        rig.reaches(under_way.user_principal_name, "applied")
        rig.kill("functions_host")
        rig.place(EVENTS, plain(queued.user_principal_name))

        supervisor.stop(rig.layout)
        assert supervisor.running(rig.layout) == {}
        rig.start()

    for person in (under_way, queued):
        rig.reaches(person.user_principal_name, "effective")
    assert rig.console.user(arrived.user_principal_name) == before
    waiting = rig.reaches(later.user_principal_name, "waiting")
    assert waiting["due"] == f"{start}T00:00:00Z"
