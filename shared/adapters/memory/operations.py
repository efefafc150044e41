"""The port `Operations`, in memory."""

from shared.adapters.memory.as_json import AsJson
from shared.adapters.memory.storage import Storage
from shared.adapters.memory.turns import Pause, straight_on
from shared.contracts.api.words import OperationState
from shared.ports.operations import Operation

_OPERATION = AsJson(Operation, "Operation")


class MemoryOperations:
    """What operators asked for, each as it stands."""

    def __init__(self, storage: Storage, pause: Pause = straight_on) -> None:
        self._storage = storage
        self._pause = pause

    async def keep(self, operation: Operation) -> None:
        """Remembers the operation as it stands; one that has ended stays as it ended.

        Raises:
            InvalidMessage: it is larger than the ledger takes.
        """
        await self._pause("operations.keep")
        text = self._storage.operations.get(operation.key)
        if text is None or _OPERATION.read(text).state is OperationState.QUEUED:
            self._storage.operations[operation.key] = _OPERATION.of(operation)
        await self._pause("operations.keep done")

    async def find(self, key: str) -> Operation | None:
        """Returns the operation with this key; None where there is none."""
        await self._pause("operations.find")
        text = self._storage.operations.get(key)
        return None if text is None else _OPERATION.read(text)
