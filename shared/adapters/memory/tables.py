"""The ports that are kept in one storage, opened together."""

from shared.adapters.memory.account_looks import MemoryAccountLooks
from shared.adapters.memory.audit import MemoryAudit
from shared.adapters.memory.doctor_looks import MemoryDoctorLooks
from shared.adapters.memory.door_key import MemoryDoorKey
from shared.adapters.memory.held_events import MemoryHeldEvents
from shared.adapters.memory.ledger import MemoryLedger
from shared.adapters.memory.ledger_marks import MemoryLedgerMarks
from shared.adapters.memory.operations import MemoryOperations
from shared.adapters.memory.personal_data import MemoryPersonalData
from shared.adapters.memory.plans import MemoryPlans
from shared.adapters.memory.preflights import MemoryPreflights
from shared.adapters.memory.readings import MemoryReadings
from shared.adapters.memory.rollouts import MemoryRollouts
from shared.adapters.memory.scim_users import MemoryScimUsers
from shared.adapters.memory.sources_heard import MemorySourcesHeard
from shared.adapters.memory.sspr_watch import MemorySsprWatch
from shared.adapters.memory.storage import Storage
from shared.adapters.memory.turns import Pause, straight_on
from shared.adapters.memory.workers import MemoryWorkers
from shared.adapters.memory.write_control import MemoryWriteControl


class MemoryTables:
    """A storage opened: by a second one at the same time, as if by another process."""

    def __init__(self, storage: Storage, pause: Pause = straight_on) -> None:
        self.ledger = MemoryLedger(storage, pause)
        self.rollouts = MemoryRollouts(storage, pause)
        self.write_control = MemoryWriteControl(storage, pause)
        self.plans = MemoryPlans(storage, pause)
        self.operations = MemoryOperations(storage, pause)
        self.personal_data = MemoryPersonalData(storage, pause)
        self.workers = MemoryWorkers(storage, pause)
        self.door_key = MemoryDoorKey(storage, pause)
        self.sources_heard = MemorySourcesHeard(storage, pause)
        self.scim_users = MemoryScimUsers(storage, pause)
        self.held_events = MemoryHeldEvents(storage, pause)
        self.ledger_marks = MemoryLedgerMarks(storage, pause)
        self.preflights = MemoryPreflights(storage, pause)
        self.readings = MemoryReadings(storage, pause)
        self.doctor_looks = MemoryDoctorLooks(storage, pause)
        self.account_looks = MemoryAccountLooks(storage, pause)
        self.sspr_watch = MemorySsprWatch(storage, pause)
        self.audit = MemoryAudit(storage, pause)
