"""Where a person stands: as much of an enrolment as a plan for a million people can hold."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from shared.domain.person.enrolment import (
    ENROLLED,
    CauseKind,
    Claim,
    Enrolment,
    Exclusion,
    Provenance,
    State,
    what_keeps_out,
)
from shared.domain.person.methods import HeldMethods
from shared.domain.person.people import UserRef
from shared.domain.person.policy import SourceOfAuthority
from shared.domain.person.reasons import Reason


@dataclass(frozen=True, slots=True)
class EnrolmentSummary:
    """An enrolment without its history; see there for the fields."""

    key: str
    state: State
    reason: Reason
    provenance: Provenance
    since: datetime
    claims: tuple[Claim, ...] = ()
    exclusion: Exclusion | None = None
    flag: Reason | None = None
    account: SourceOfAuthority | None = None
    """The source of authority of the account, as last known; None where it is not."""
    held: HeldMethods | None = None
    removed: bool = False
    """Whether all is written that takes the person out, and Entra is yet to show it."""
    set_aside: Exclusion | None = None

    @classmethod
    def of(cls, enrolment: Enrolment) -> Self:
        """Returns the summary of whoever has this enrolment."""
        return cls(
            enrolment.key,
            enrolment.state,
            enrolment.reason,
            enrolment.provenance,
            enrolment.since,
            enrolment.claims,
            enrolment.exclusion,
            enrolment.flag,
            enrolment.account or enrolment.source_of_authority,
            enrolment.held,
            enrolment.removed_at is not None,
            enrolment.set_aside,
        )

    @property
    def is_in(self) -> bool:
        """Whether the person is in scope or about to be."""
        # A plan asks it of a million people: the set answers five times as fast as the state.
        return self.state in ENROLLED

    def kept_out_by(self, now: datetime) -> Exclusion | None:
        """Returns what keeps the person out now, or None if nothing does."""
        if self.exclusion is None and self.set_aside is None:
            return None
        return what_keeps_out(self.exclusion, self.set_aside, self.claims, now)

    @property
    def has_to_end_first(self) -> bool:
        """Whether the person cannot be put in before what is under way has ended."""
        return self.state.has_to_end_first and not self.removed

    @property
    def wave(self) -> str | None:
        """The name of the wave that claims the person."""
        names = (one.cause.reference for one in self.claims if one.cause.kind is CauseKind.WAVE)
        return next(names, None)


@dataclass(frozen=True, slots=True)
class NamedSummary:
    """An enrolment without its history, and who it is of: for lists that are read by the part."""

    user: UserRef
    summary: EnrolmentSummary

    @classmethod
    def of(cls, enrolment: Enrolment) -> Self:
        """Returns the same of whoever has this enrolment."""
        return cls(enrolment.user, EnrolmentSummary.of(enrolment))
