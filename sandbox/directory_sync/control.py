"""What the control APIs of both syncs can do: conditions, cycles and password writeback."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Protocol

from pydantic import BaseModel

from sandbox.directory_sync.active_directory import ActiveDirectory
from sandbox.directory_sync.control_api import Answer, answer_writeback
from sandbox.directory_sync.writeback import WritebackError


class Cycle(Protocol):
    """One cycle, and what became of it."""

    def described(self) -> dict[str, Any]:
        """The cycle as the control API shows it."""


class SyncControl[Conditions: BaseModel](ABC):
    """The routes that both have, one method each."""

    def __init__(
        self, ad: ActiveDirectory, run: Callable[[str], Cycle], refused: type[Exception]
    ) -> None:
        """Take note of what is served.

        Args:
            ad: Where passwords are written.
            run: Runs a cycle to its end, told what has triggered it.
            refused: What it raises where no cycle may be had.
        """
        self._ad = ad
        self._run = run
        self._refused = refused
        self.routes = {
            "GET /health": lambda _: (HTTPStatus.OK, {"status": "ok"}),
            "GET /state": self._show_state,
            "POST /conditions": self._set_conditions,
            "POST /sync": self._sync,
            "GET /cycles": self._list_cycles,
            "POST /writeback": self._write_back,
        }

    @property
    @abstractmethod
    def _conditions(self) -> Conditions:
        """The conditions that hold."""

    @abstractmethod
    def _change_conditions(self, wanted: Conditions) -> None:
        """Let these conditions hold."""

    @property
    @abstractmethod
    def _cycles(self) -> Sequence[Cycle]:
        """The cycles that are remembered, the oldest first."""

    @abstractmethod
    def _state(self) -> dict[str, Any]:
        """What is shown beside conditions and the number of cycles."""

    @abstractmethod
    def _refusal(self) -> WritebackError | None:
        """Why no password is written back under the conditions that hold."""

    def _show_state(self, _: dict[str, Any]) -> Answer:
        conditions = self._conditions.model_dump(by_alias=True)
        shown = {"conditions": conditions, "cycles": len(self._cycles), **self._state()}
        return HTTPStatus.OK, shown

    def _set_conditions(self, body: dict[str, Any]) -> Answer:
        now = self._conditions
        wanted = type(now).model_validate({**now.model_dump(by_alias=True), **body})
        self._change_conditions(wanted)
        return HTTPStatus.OK, wanted.model_dump(by_alias=True)

    def _sync(self, _: dict[str, Any]) -> Answer:
        """Run a cycle now."""
        try:
            cycle = self._run("control")
        except self._refused as refusal:
            return HTTPStatus.CONFLICT, {"message": str(refusal)}
        return HTTPStatus.OK, cycle.described()

    def _list_cycles(self, _: dict[str, Any]) -> Answer:
        return HTTPStatus.OK, [cycle.described() for cycle in self._cycles]

    def _write_back(self, body: dict[str, Any]) -> Answer:
        return answer_writeback(self._ad, body, self._refusal())
