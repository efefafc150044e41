"""The runbook's situation of what ends: a certificate, an account and a secret, said days ahead."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import ldap3

from sandbox.certificates import server_certificate
from sandbox.domain_controller import domain
from sandbox.observed import administrator
from tests.support.rig import NORMAL, Rig, until
from tests.support.rollout_rig import RolloutRig
from tests.support.typed_page import Operator

DAY, LONG = timedelta(days=1), timedelta(hours=1, minutes=1)
"""`LONG` is past the hour after which the app looks again at what ends."""
WHAT_ENDS = {"connect-host-certificate", "directory-account", "named"}
_HOSTS = ["localhost", "127.0.0.1"]
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def test_what_ends_within_days_is_said_until_it_is_renewed_as_the_page_has_it(
    stage: RolloutRig, on_call: Operator
) -> None:
    """Given the host's certificate, the worker's account and a secret, then the page names them.

    The account is urgent, and both alarms ring. Once each is renewed none is left there.
    """
    rig = stage.rig
    rig.comes_to_rest()
    with on_call.follows("A certificate or a password ends") as page:
        with (
            _host_certificate_for(rig, 10 * DAY),
            _account_for(rig, 5 * DAY),
            rig.app_settings(SSPR_ENDING_DATES=f"workday secret={stage.now() + 12 * DAY:%Y-%m-%d}"),
            rig.hears("ending-soon"),
            rig.hears("ending-urgent"),
        ):
            _restart_worker(rig)
            until(lambda: _said(rig) == WHAT_ENDS, "all that ends to be said")
            stage.passes(LONG)
            shown = page.types().stdout
        assert [word for word in (*WHAT_ENDS, "workday secret") if word not in shown] == []
        _restart_worker(rig)
        until(lambda: not _said(rig), "nothing to end any more")
        assert "Ends soon" not in page.types().stdout
    # The host, which was started again, knows of no cycle of before; the check asks for one.
    rig.console.sync()
    checked = rig.check_worker()
    assert checked.returncode == 0, checked.stdout


def _said(rig: Rig) -> set[str]:
    return {one["what"] for one in rig.console.status()["endings"]}


def _restart_worker(rig: Rig) -> None:
    rig.kill("hybrid_worker")
    rig.start()


@contextmanager
def _host_certificate_for(rig: Rig, lifetime: timedelta) -> Iterator[None]:
    """The Connect host's certificate ends then; afterwards it has another, for a year."""

    def shows_another(**lasts: timedelta) -> None:
        rig.kill("connect_host")
        folder = rig.layout.certificates
        for file in folder.glob("connect-host.*"):
            file.unlink()
        server_certificate(folder, "connect-host", _HOSTS, **lasts)
        rig.start()
        rig.set_conditions(**NORMAL)

    shows_another(lifetime=lifetime)
    try:
        yield
    finally:
        shows_another()


@contextmanager
def _account_for(rig: Rig, time: timedelta) -> Iterator[None]:
    """The worker's account in AD expires then; afterwards it has no such day, as before."""
    ends = (datetime.now(UTC) + time - _EPOCH) // timedelta(microseconds=1) * 10

    def expires(value: int) -> None:
        change = {"accountExpires": [(ldap3.MODIFY_REPLACE, [value])]}
        with administrator(rig.layout) as connection:
            assert connection.modify(domain.WORKER.dn, change), connection.result

    expires(ends)
    try:
        yield
    finally:
        expires(0)
