"""Whom SSPR is switched on for: nobody, one selected group, or everybody; and since when.

Reports look back, so what was chosen before is kept.
"""

from collections.abc import Container, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Self

from sandbox.company import SCOPE_GROUP, object_id

CHOICES = ("none", "selected", "all")
"""In the order of the numbers that the admin center's own API gives them."""


@dataclass(frozen=True)
class Choice:
    """What is chosen on the page Properties of password reset, from `at` on."""

    at: float
    scope: str
    group: str
    """The object id of the group that is selected; of no meaning otherwise."""

    @classmethod
    def first(cls) -> Self:
        """What a new sandbox begins with."""
        return cls(0.0, "selected", object_id("group", SCOPE_GROUP))

    def described(self) -> dict[str, Any]:
        """As it is shown and stored."""
        return asdict(self)

    def changed_settings(self, before: "Choice") -> list[tuple[str, Any, Any]]:
        """What differs from the choice of before, by the admin center's names."""
        settings: list[tuple[str, Any, Any]] = []
        if before.scope != self.scope:
            old, new = CHOICES.index(before.scope), CHOICES.index(self.scope)
            settings.append(("EnablementType", old, new))
        if before.group != self.group:
            settings.append(("PasswordResetEnabledGroupIds", [before.group], [self.group]))
        return settings


class Choices:
    """Every choice that was made, in order."""

    def __init__(self, made: Iterable[dict[str, Any]] = ()) -> None:
        self._made = [Choice.first(), *(Choice(**each) for each in made)]

    def __len__(self) -> int:
        return len(self._made)

    def add(self, choice: Choice) -> None:
        """Take a new one."""
        self._made.append(choice)

    def as_of(self, when: float | None = None) -> Choice:
        """What was chosen at that time; None means now."""
        if when is None:
            return self._made[-1]
        made = (each for each in reversed(self._made) if each.at <= when)
        return next(made, self._made[0])


class Everybody(Container[str]):
    """A scope that has everybody in it."""

    def __contains__(self, _: object) -> bool:
        return True
