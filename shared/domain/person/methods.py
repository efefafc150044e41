"""Methods: what people have registered, and whether that lets them reset a password on a day."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Self


@dataclass(frozen=True, slots=True)
class HeldMethods:
    """The methods that somebody has registered, as Entra's report names them."""

    names: frozenset[str] = frozenset()
    administrator: bool = False
    """Whether the stricter policy for administrators governs the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodRule:
    """Whether a method counts for SSPR, from when and until when."""

    counts: bool = True
    since: date | None = None
    """The first day on which it counts; None: it always has."""
    until: date | None = None
    """The first day on which it no longer counts; None: no end is known."""
    alone: bool = True
    """Whether it is enough where one method is required; if not, it counts beside another one."""
    of_administrators: bool = True
    """Whether it counts for administrators, too."""

    def holds(self, day: date, *, administrator: bool) -> bool:
        """Tells whether the method counts on that day."""
        return (
            self.counts
            and (self.since is None or self.since <= day)
            and (self.until is None or day < self.until)
            and (self.of_administrators or not administrator)
        )


class Ability(StrEnum):
    """Whether somebody could reset a password by what they have registered."""

    CAN = "can"
    CANNOT = "cannot"
    NOT_KNOWN = "not-known"
    """It hangs on a method of which nobody here knows whether it counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetChanges:
    """What a rollout document says of resets that differs from what Microsoft documents."""

    methods: tuple[tuple[str, MethodRule], ...] = ()
    """Each takes the place of the rule for the method of that name."""
    required: int | None = None


NO_CHANGES = ResetChanges()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetRules:
    """Which methods count, and how many of them a reset asks for."""

    methods: Mapping[str, MethodRule] = field(default_factory=dict)
    """By the names of Entra's report; a name that is not here is not known to count."""
    required: int = 1
    required_of_administrators: int = 2

    def changed_by(self, changes: ResetChanges) -> Self:
        """Returns the rules with these changes on top."""
        return replace(
            self,
            methods={**self.methods, **dict(changes.methods)},
            required=changes.required or self.required,
        )

    def ability(self, held: HeldMethods, day: date) -> Ability:
        """Tells whether the methods held are enough for a reset on that day."""
        known = self.counting(held, day)
        if self._suffices(known, held):
            return Ability.CAN
        strange = self.not_known(held)
        if strange and self._suffices(known | strange, held):
            return Ability.NOT_KNOWN
        return Ability.CANNOT

    def counting(self, held: HeldMethods, day: date) -> frozenset[str]:
        """Returns those of the methods held that are known to count on that day."""
        return frozenset(
            name
            for name in held.names
            if (rule := self.methods.get(name))
            and rule.holds(day, administrator=held.administrator)
        )

    def not_known(self, held: HeldMethods) -> frozenset[str]:
        """Returns those of the methods held of which nothing is known."""
        return held.names - self.methods.keys()

    def ended(self, held: HeldMethods, day: date) -> frozenset[str]:
        """Returns those of the methods held that counted once and do no longer on that day."""
        return frozenset(
            name
            for name in held.names
            if (rule := self.methods.get(name)) and rule.counts and rule.until and rule.until <= day
        )

    def would_do_but_for_their_end(self, held: HeldMethods, day: date) -> bool:
        """Tells whether the methods held would be enough if none of them had ended by that day."""
        return self._suffices(self.counting(held, day) | self.ended(held, day), held)

    def lacks_one(self, held: HeldMethods, day: date) -> bool:
        """Tells whether one more method that counts, and is enough alone, would be enough."""
        return len(self.counting(held, day)) + 1 >= self.needed(held)

    def needed(self, held: HeldMethods) -> int:
        """Returns how many methods a reset asks for of whoever holds these."""
        return self.required_of_administrators if held.administrator else self.required

    def _suffices(self, names: frozenset[str], held: HeldMethods) -> bool:
        needed = self.needed(held)
        if len(names) < needed:
            return False
        return needed > 1 or any(
            name not in self.methods or self.methods[name].alone for name in names
        )


@lru_cache(maxsize=4096)
def read_held(text: str) -> HeldMethods:
    """Reads what `write_held` wrote; cached, because people by the thousand hold the same."""
    names, _, role = text.partition(";")
    return HeldMethods(frozenset(filter(None, names.split(","))), administrator=bool(role))


def write_held(held: HeldMethods) -> str:
    """Writes the methods as one short text, such as `email,mobilePhone`."""
    return ",".join(sorted(held.names)) + (";administrator" if held.administrator else "")
