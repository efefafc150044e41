"""What is stored stays readable, and is written as it was, whatever the domain calls it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from pydantic import BaseModel

from shared.adapters.tables.tables import Tables
from shared.contracts.api.words import OperationState
from shared.domain.person.enrolment import CauseKind, Provenance, State
from shared.domain.person.people import Attribute
from shared.domain.person.policy import SourceOfAuthority, Topology
from shared.domain.person.preflight import Finding, Unknown
from shared.domain.person.reasons import Reason
from shared.domain.person.sync_mode import SyncMode
from shared.domain.rollout.document import DriftAction
from shared.domain.rollout.gate import Outcome
from shared.domain.rollout.gates.registry import GATES
from shared.domain.rollout.scope_move import MoveKind
from shared.domain.rollout.sspr_finding import SsprFinding
from shared.domain.rollout.sspr_policy import SsprScope
from shared.domain.rollout.sspr_sight import SightSource
from shared.domain.rollout.state import PauseReason, Phase
from shared.domain.rollout.writing import StopReason
from tests.support.golden_rows import (
    COUNTED,
    ENDING_SIGHT,
    ERASE_OPERATION,
    FOLDER,
    GOLDEN,
    GONE_RECONCILIATION,
    MARK,
    MOVE_LOOK,
    MOVED_ROLLOUT,
    OPERATION,
    PLAN,
    PREFLIGHT,
    QUEUED_BEFORE,
    QUIET_DECIDED,
    REFILLING,
    SCIM_USER,
    SCOPE_DOUBT,
    SLIDING_HOUR,
    SSPR_SIGHT,
    WHOLE,
    Rows,
    store_rows,
    stored_rows,
)

WORDS: dict[str, Iterable[str]] = {
    "state of an enrolment": State,
    "reason": Reason,
    "kind of a cause": CauseKind,
    "provenance": Provenance,
    "source of authority": SourceOfAuthority,
    "sync of a worker": SyncMode,
    "finding of a preflight": Finding,
    "unknown of a preflight": Unknown,
    "phase": Phase,
    "reason of a pause": PauseReason,
    "reason of a stop": StopReason,
    "whom SSPR is on for": SsprFinding,
    "what shows whom SSPR is on for": SightSource,
    "kind of a gate": [name for kind in GATES.values() for name in (kind.name, *kind.older_names)],
    "outcome of a gate": Outcome,
    "state of an operation": OperationState,
    "kind of a move": MoveKind,
    "scope of SSPR": SsprScope,
    "topology": Topology,
    "attribute": Attribute,
    "action on drift": DriftAction,
}
"""By names of their own: the classes may be renamed."""


def golden(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


@pytest.mark.parametrize("name", GOLDEN)
async def test_golden_rows_are_read_as_what_they_meant(store: str, name: str) -> None:
    store_rows(store, golden(name))
    async with Tables.from_connection_string(store) as tables:
        await GOLDEN[name].expect(tables)


@pytest.mark.parametrize("name", [name for name, one in GOLDEN.items() if one.written_today])
async def test_what_golden_rows_mean_is_written_as_they_are(store: str, name: str) -> None:
    async with Tables.from_connection_string(store) as tables:
        await GOLDEN[name].write(tables)
    written: Rows = stored_rows(store)
    assert written == golden(name)


@pytest.mark.parametrize("kind", WORDS)
def test_every_word_that_was_ever_stored_is_known(kind: str) -> None:
    """A new one is added to the file, since from now on it may be stored."""
    assert {str(word) for word in WORDS[kind]} == set(golden("words")[kind])


@pytest.mark.parametrize(
    "value",
    [
        WHOLE,
        QUEUED_BEFORE,
        MOVED_ROLLOUT,
        MOVE_LOOK,
        REFILLING,
        SLIDING_HOUR,
        QUIET_DECIDED,
        GONE_RECONCILIATION,
        ENDING_SIGHT,
        MARK,
        PLAN,
        OPERATION,
        ERASE_OPERATION,
        SCIM_USER,
        SCOPE_DOUBT,
        SSPR_SIGHT,
        PREFLIGHT,
        COUNTED,
    ],
    ids=lambda value: type(value).__name__,
)
def test_golden_values_have_something_in_every_field(value: Any) -> None:
    """Else a field that is new has no golden row, and a later rename of it would go unseen."""
    assert list(empty_fields(value)) == []


def empty_fields(value: Any, where: str = "") -> Iterator[str]:
    for name in names_of(value):
        found = getattr(value, name)
        if found in (None, "", 0, (), frozenset(), {}, []):
            yield f"{where}{name}"
        yield from empty_fields(found, f"{where}{name}.")


def names_of(value: Any) -> list[str]:
    if isinstance(value, BaseModel):
        return list(type(value).model_fields)
    return [one.name for one in fields(value)] if is_dataclass(value) else []
