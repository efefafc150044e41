"""What is kept in one ledger, in memory or in tables, and how it is opened."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from shared.ports.account_looks import AccountLooks
from shared.ports.audit import Audit
from shared.ports.doctor_looks import DoctorLooks
from shared.ports.door_key import DoorKey
from shared.ports.held_events import HeldEvents
from shared.ports.ledger import Ledger
from shared.ports.ledger_marks import LedgerMarks
from shared.ports.operations import Operations
from shared.ports.personal_data import PersonalData
from shared.ports.plans import Plans
from shared.ports.preflights import Preflights
from shared.ports.readings import Readings
from shared.ports.rollouts import Rollouts
from shared.ports.scim_users import ScimUsers
from shared.ports.sources_heard import SourcesHeard
from shared.ports.sspr_watch import SsprWatch
from shared.ports.workers import Workers
from shared.ports.write_control import WriteControl


class Kept(Protocol):
    """The ports that are kept in one ledger."""

    @property
    def ledger(self) -> Ledger: ...
    @property
    def rollouts(self) -> Rollouts: ...
    @property
    def write_control(self) -> WriteControl: ...
    @property
    def plans(self) -> Plans: ...
    @property
    def operations(self) -> Operations: ...
    @property
    def personal_data(self) -> PersonalData: ...
    @property
    def workers(self) -> Workers: ...
    @property
    def ledger_marks(self) -> LedgerMarks: ...
    @property
    def door_key(self) -> DoorKey: ...
    @property
    def sources_heard(self) -> SourcesHeard: ...
    @property
    def scim_users(self) -> ScimUsers: ...
    @property
    def held_events(self) -> HeldEvents: ...
    @property
    def preflights(self) -> Preflights: ...
    @property
    def readings(self) -> Readings: ...
    @property
    def account_looks(self) -> AccountLooks: ...
    @property
    def doctor_looks(self) -> DoctorLooks: ...
    @property
    def sspr_watch(self) -> SsprWatch: ...
    @property
    def audit(self) -> Audit: ...


type Opening = Callable[[], AbstractAsyncContextManager[Kept]]
"""Opens the one ledger of a test: a second time as if by another process."""
