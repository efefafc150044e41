"""The port `PersonalData`, in memory: a place for each part of the storage."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic_core import to_jsonable_python

from shared.adapters.memory.preflights import QUESTION
from shared.adapters.memory.storage import Chain, Storage
from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.person.erasure import Subject
from shared.domain.person.mentions import Names, opened
from shared.ports.personal_data import MOST_RECORDS, KeptRecord

type _Found = Iterator[tuple[str, str, Any]]
"""Kind, key and value of everything that is in a part."""


class MemoryPersonalData:
    """Looks through the storage itself, so that nothing in it is left out."""

    def __init__(self, storage: Storage, pause: Pause = straight_on) -> None:
        self._storage = storage
        self._pause = pause

    @property
    def places(self) -> Sequence[str]:
        """The places, in an order that stays."""
        return tuple(PARTS)

    async def find(
        self, place: str, names: Names, kinds: Collection[str] | None = None
    ) -> Sequence[KeptRecord]:
        """Returns what names the person in a place, at most one more than is told."""
        await self._pause("personal_data.find")
        found: list[KeptRecord] = []
        for kind, key, value in PARTS[place](self._storage):
            if kinds is not None and kind not in kinds:
                continue
            record = KeptRecord(kind=kind, table=place, key=key, content=_plain(value))
            if names.are_in([record.key, record.content]):
                found.append(record)
        return found[: MOST_RECORDS + 1]

    async def erase(self, record: KeptRecord, subject: Subject) -> None:
        """Erases the row, or writes it again without the person; twice is as once."""
        await self._pause("personal_data.erase")
        match record.kind:
            case "page":
                self._strike_off(record.key.rpartition("/")[0], subject)
            case "question":
                self._ask_without(record.key, subject)
            case "move-look":
                self._storage.move_look = None
            case _:
                part = getattr(self._storage, record.table)
                for key in [one for one in part if str(one) == record.key]:
                    del part[key]
        await self._pause("personal_data.erase done")

    def _strike_off(self, fingerprint: str, subject: Subject) -> None:
        plan, people = self._storage.plans[fingerprint]
        left = tuple(one for one in people if not subject.owns(one.object_id))
        self._storage.plans[fingerprint] = (plan, left)

    def _ask_without(self, key: str, subject: Subject) -> None:
        question = QUESTION.read(self._storage.questions[key])
        left = tuple(one for one in question.people if not subject.owns(one))
        self._storage.questions[key] = QUESTION.of(replace(question, people=left))


def _plain(value: Any) -> Mapping[str, Any]:
    plain = to_jsonable_python(value)
    plain = opened(plain) if isinstance(plain, str) else plain
    return plain if isinstance(plain, dict) else {"value": plain}


def _partitions(storage: Storage) -> _Found:
    for name, partition in storage.partitions.items():
        for key, enrolment in partition.people.items():
            yield "person", f"{name}/{key}", enrolment
        for key, object_id in partition.moved.items():
            yield "moved", f"{name}/{key}", {"key": key, "objectId": object_id}
        yield from _chain(partition.chain)


def _chain(chain: Chain) -> _Found:
    for record in chain.records:
        yield "audit", f"{record.partition}/{record.number}", opened(record.content)


def _all_of(kind: str, part: str) -> Callable[[Storage], _Found]:
    """Everything in a mapping."""

    def found(storage: Storage) -> _Found:
        for key, value in getattr(storage, part).items():
            yield kind, str(key), value

    return found


def _one(kind: str, part: str) -> Callable[[Storage], _Found]:
    """The one value of a part, where there is one."""

    def found(storage: Storage) -> _Found:
        value = getattr(storage, part)
        if value is not None:
            yield kind, part, value

    return found


def _plans(storage: Storage) -> _Found:
    for fingerprint, (plan, people) in storage.plans.items():
        yield "plan", fingerprint, plan
        for number, person in enumerate(people):
            yield "page", f"{fingerprint}/{number}", person


PARTS: Mapping[str, Callable[[Storage], _Found]] = {
    "partitions": _partitions,
    "receipts": _all_of("receipt", "receipts"),
    "rollout": _one("rollout", "rollout"),
    "rollout_chain": lambda storage: _chain(storage.rollout_chain),
    "messages_chain": lambda storage: _chain(storage.messages_chain),
    "writing": _one("writing", "writing"),
    "hour": _one("hour", "hour"),
    "writing_chain": lambda storage: _chain(storage.writing_chain),
    "documents": _all_of("document", "documents"),
    "evaluations": _all_of("evaluation", "evaluations"),
    "reconciliation": _one("reconciliation", "reconciliation"),
    "watch": _one("watch", "watch"),
    "scope_doubt": _one("scope-doubt", "scope_doubt"),
    "plans": _plans,
    "operations": _all_of("operation", "operations"),
    "mark": _one("mark", "mark"),
    "sights": _all_of("worker", "sights"),
    "door_key": _one("door-key", "door_key"),
    "sources_heard": _all_of("source", "sources_heard"),
    "scim_users": _all_of("scim-user", "scim_users"),
    "held": _all_of("held", "held"),
    "admitted": _all_of("admitted", "admitted"),
    "questions": _all_of("question", "questions"),
    "preflights": _all_of("preflight", "preflights"),
    "reading": _one("reading", "reading"),
    "sspr_sight": _one("sight", "sspr_sight"),
    "sspr_shares": _one("shares", "sspr_shares"),
    "move_look": _one("move-look", "move_look"),
    "account_look": _one("look", "account_look"),
    "doctor_look": _one("look", "doctor_look"),
}
"""How each part of the storage is looked through; a test asks for all of them."""
