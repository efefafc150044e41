"""Where a method stands: whether it counts for somebody on a day, since when and until when."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.domain.person.methods import HeldMethods, MethodRule, ResetRules


class Counting(StrEnum):
    """Whether a method counts for SSPR on a day."""

    COUNTS = "counts"
    BESIDE_ANOTHER = "beside-another"
    """It counts, and is not enough alone."""
    NOT_YET = "not-yet"
    ENDED = "ended"
    NOT_FOR_ADMINISTRATORS = "not-for-administrators"
    """It counts for others, and the person is an administrator."""
    NEVER = "never"
    """It is no method of SSPR."""
    NOT_KNOWN = "not-known"
    """It is in no table of what counts."""


_NEVER_WILL = frozenset({Counting.NEVER, Counting.NOT_FOR_ADMINISTRATORS, Counting.NOT_KNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodStanding:
    """One method of somebody's, judged by the dated table on a day."""

    name: str
    counting: Counting
    since: date | None = None
    """The first day on which it counts, where it has one and counts at all."""
    until: date | None = None
    """The first day on which it no longer counts, likewise."""

    @property
    def text(self) -> str:
        """What is to be said of it, such as `counts until 2027-02-01`."""
        end = f" until {self.until}" if self.until else ""
        match self.counting:
            case Counting.COUNTS:
                return f"counts{end}"
            case Counting.BESIDE_ANOTHER:
                return f"counts beside another method{end}"
            case Counting.NOT_YET:
                return f"counts from {self.since}{end}"
            case Counting.ENDED:
                return f"no longer counts since {self.until}"
            case Counting.NOT_FOR_ADMINISTRATORS:
                return "does not count for administrators"
            case Counting.NEVER:
                return "does not count for a reset"
            case Counting.NOT_KNOWN:
                return "not known to count; the rollout document can say so"


def standings(held: HeldMethods, rules: ResetRules, day: date) -> tuple[MethodStanding, ...]:
    """Returns where each of the methods held stands on that day, ordered by name."""
    return tuple(_standing(name, held, rules, day) for name in sorted(held.names))


def _standing(name: str, held: HeldMethods, rules: ResetRules, day: date) -> MethodStanding:
    rule = rules.methods.get(name)
    counting = _counting(rule, held, rules, day)
    if rule is None or counting in _NEVER_WILL:
        return MethodStanding(name=name, counting=counting)
    return MethodStanding(name=name, counting=counting, since=rule.since, until=rule.until)


def _counting(rule: MethodRule | None, held: HeldMethods, rules: ResetRules, day: date) -> Counting:
    if rule is None:
        return Counting.NOT_KNOWN
    if not rule.counts:
        return Counting.NEVER
    if held.administrator and not rule.of_administrators:
        return Counting.NOT_FOR_ADMINISTRATORS
    if rule.until is not None and rule.until <= day:
        return Counting.ENDED
    if rule.since is not None and day < rule.since:
        return Counting.NOT_YET
    is_enough = rule.alone or rules.needed(held) > 1
    return Counting.COUNTS if is_enough else Counting.BESIDE_ANOTHER
