"""Where a person stands: as much of an enrolment as a plan for a million people can hold."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from shared.domain.person.enrolment import (
    IN_SCOPE,
    Bar,
    CauseKind,
    Enrolment,
    Hold,
    Provenance,
    State,
)
from shared.domain.person.reasons import Reason


@dataclass(frozen=True, slots=True)
class Standing:
    """An enrolment without its history; see there for the fields."""

    key: str
    state: State
    reason: Reason
    provenance: Provenance
    since: datetime
    holds: tuple[Hold, ...] = ()
    bar: Bar | None = None
    flag: Reason | None = None

    @classmethod
    def of(cls, enrolment: Enrolment) -> Self:
        """The standing of whoever has this enrolment."""
        return cls(
            enrolment.key,
            enrolment.state,
            enrolment.reason,
            enrolment.provenance,
            enrolment.since,
            enrolment.holds,
            enrolment.bar,
            enrolment.flag,
        )

    @property
    def is_in(self) -> bool:
        """Whether the person is in scope or about to be."""
        return self.state in IN_SCOPE or self.state is State.REQUESTED

    @property
    def wave(self) -> str | None:
        """The name of the wave that holds the person."""
        names = (one.cause.reference for one in self.holds if one.cause.kind is CauseKind.WAVE)
        return next(names, None)
