"""Kinds of accounts that are not for enrolment: rooms, shared mailboxes, service accounts."""

from dataclasses import dataclass

from shared.domain.person.people import Person, Trait

ANYTHING = "*"


@dataclass(frozen=True, slots=True)
class TraitRule:
    """Accounts of which a trait is like one of these patterns; case does not matter.

    In a pattern `*` stands for any text; a pattern is kept in lower case.
    """

    trait: Trait
    patterns: tuple[str, ...]

    def matches(self, person: Person) -> bool:
        """Tells whether the rule means this account."""
        value = person.trait(self.trait)
        if value is None:
            return False
        folded = value.casefold()
        return any(is_like(folded, pattern) for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class KindRule:
    """A kind of account, by the name that the rollout document gives it; any rule is enough."""

    name: str
    rules: tuple[TraitRule, ...]

    def matches(self, person: Person) -> bool:
        """Tells whether the account is of this kind."""
        return any(rule.matches(person) for rule in self.rules)


def is_like(text: str, pattern: str) -> bool:
    """Tells whether the whole text is like the pattern, in which `*` stands for any text."""
    first, *others = pattern.split(ANYTHING)
    if not others:
        return text == pattern
    *between, last = others
    if len(text) < len(first) + len(last):
        return False
    if not (text.startswith(first) and text.endswith(last)):
        return False
    place, end = len(first), len(text) - len(last)
    for part in between:
        found = text.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True
