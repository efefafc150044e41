"""The watch on what ends: every hour, beside the work, and whatever does not answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hybrid_worker.active_directory.own_account import OwnAccount
from hybrid_worker.endings.account import of_account
from hybrid_worker.endings.sources import certificates_of, known_without_looking
from hybrid_worker.endings.watch import EVERY, EndingsWatch
from hybrid_worker.settings import (
    DirectorySettings,
    PreflightSettings,
    ProcessSettings,
    ServiceBusSettings,
    SyncSettings,
    WorkerSettings,
)
from shared.contracts.messages.ending_report import EndingReport, Endless
from shared.domain.errors import DirectoryUnavailable
from tests.support.delta_sync import Clerk

NOW = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)
DAY = timedelta(days=1)
CERTIFICATE = EndingReport(what="directory-certificate", of="dc1", ends_at=NOW + 5 * DAY)
PASSWORD = EndingReport(what="directory-password", of="S-1", why=Endless.NEVER)


@dataclass
class Scene:
    clerk: Clerk = field(default_factory=Clerk)
    now: datetime = NOW
    looks: int = 0
    is_away: bool = False

    def __post_init__(self) -> None:
        self.watch = EndingsWatch((self._look,), self._account, self.clerk, clock=lambda: self.now)

    def _look(self) -> EndingReport:
        self.looks += 1
        return CERTIFICATE

    def _account(self) -> Sequence[EndingReport]:
        if self.is_away:
            raise DirectoryUnavailable("no answer")
        return (PASSWORD,)

    def after(
        self, passed: timedelta = timedelta(), *, directory_answers: bool = True
    ) -> tuple[EndingReport, ...]:
        self.now += passed
        self.watch.step(directory_answers=directory_answers)
        return self.watch.newest()


def test_it_looks_every_hour_even_if_the_clock_is_set_back() -> None:
    scene = Scene()
    assert scene.after() == (PASSWORD, CERTIFICATE)
    scene.after(EVERY - timedelta(seconds=1))
    assert scene.looks == 1
    scene.after(timedelta(seconds=1))
    assert scene.looks == 2
    scene.after(-DAY)
    assert scene.looks == 3


def test_a_server_that_does_not_answer_keeps_nobody_and_what_was_known_stays() -> None:
    scene = Scene()
    scene.after()
    scene.clerk.is_slow = True
    assert scene.after(EVERY) == (PASSWORD, CERTIFICATE)
    assert scene.after(EVERY) == (PASSWORD, CERTIFICATE)
    assert len(scene.clerk.waiting) == 1


def test_while_ad_is_away_it_is_not_asked_of_the_account() -> None:
    scene = Scene()
    assert scene.after(directory_answers=False) == (CERTIFICATE,)
    assert scene.after(directory_answers=True) == (PASSWORD, CERTIFICATE)


def test_where_ad_stops_answering_in_between_what_was_known_stays() -> None:
    scene = Scene()
    scene.after()
    scene.is_away = True
    assert scene.after(EVERY) == (PASSWORD, CERTIFICATE)


@pytest.mark.parametrize(
    ("is_machine", "has_keytab", "why"),
    [
        (True, False, Endless.BY_ITSELF),
        # Nothing writes the keytab anew that holds the keys of a managed account.
        (True, True, Endless.NEVER),
        (False, False, Endless.NEVER),
    ],
)
def test_a_managed_account_renews_its_own_password(
    *, is_machine: bool, has_keytab: bool, why: Endless
) -> None:
    account = OwnAccount(sid="S-1", is_machine=is_machine, password_ends=None, account_ends=None)
    assert [one.why for one in of_account(account, has_keytab=has_keytab)] == [why]


def test_a_password_that_has_to_be_changed_at_once_has_ended() -> None:
    """AD computes the time 0 for it, which no message holds."""
    account = OwnAccount(
        sid="S-1",
        is_machine=False,
        password_ends=datetime(1601, 1, 1, tzinfo=UTC),
        account_ends=None,
    )
    (found,) = of_account(account, has_keytab=False)
    assert found.ends_at
    assert found.ends_at < NOW


def test_every_server_and_the_credential_are_looked_at_once(tmp_path: Path) -> None:
    """A controller that is a catalogue, too, has one certificate."""
    certificate = tmp_path / "worker.pem"
    certificate.write_text("")
    settings = WorkerSettings(
        process=ProcessSettings(state_directory=tmp_path),
        service_bus=ServiceBusSettings(
            namespace="contoso.servicebus.windows.net",
            tenant_id="t",
            client_id="c",
            certificate_file=certificate,
        ),
        directory=DirectorySettings(
            server="dc1,dc2", catalogue="dc1", domain="corp.contoso.com", scope_group="g"
        ),
        sync=SyncSettings(host="connect"),
        preflight=PreflightSettings(),
    )
    assert len(certificates_of(settings)) == len(("credential", "dc1", "dc2", "connect"))
    assert known_without_looking(settings) == ()


def test_a_managed_identity_is_said_to_renew_itself(tmp_path: Path) -> None:
    settings = WorkerSettings(
        process=ProcessSettings(state_directory=tmp_path),
        service_bus=ServiceBusSettings(namespace="contoso.servicebus.windows.net"),
        directory=DirectorySettings(server="dc1", domain="corp.contoso.com", scope_group="g"),
        sync=SyncSettings(mode="none"),
        preflight=PreflightSettings(),
    )
    (found,) = known_without_looking(settings)
    assert found.why == Endless.BY_ITSELF
