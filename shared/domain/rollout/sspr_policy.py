"""SSPR's own settings: whom it is switched on for, and what the audit log tells of their changes.

No Graph API reads the choice between none, a group and all. Since January 2025 a change of SSPR's
policy is in the audit log with its old and new values ("Expansion of SSPR Policy Audit Logging",
What's new in Microsoft Entra, December 2024). What the entries call the settings is documented
nowhere; so a change whose meaning is not known is still a change.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SsprScope(StrEnum):
    """Whom SSPR is switched on for. These words are stored, and said by operators."""

    ALL = "all"
    NONE = "none"
    GROUP = "group"


_CHOICE_NAMES = ("enablementtype", "enabledfor", "passwordresetenabled", "ssprenabled")
"""How a setting's name begins that says whom it is on for, without its case and spaces.

The first is what the admin center's own API calls it (public code, read in November 2026).
"""
_GROUP_NAMES = ("passwordresetenabledgroup", "enabledgroup", "selectedgroup")
_CHOICES = {
    "0": SsprScope.NONE,
    "none": SsprScope.NONE,
    "1": SsprScope.GROUP,
    "selected": SsprScope.GROUP,
    "group": SsprScope.GROUP,
    "2": SsprScope.ALL,
    "all": SsprScope.ALL,
}


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One setting that was changed; texts as the log has them, None where it has none."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """A change of SSPR's policy, as the audit log tells of it; the time is UTC."""

    at: datetime
    activity: str
    """What the log calls it, such as `Update SSPR Settings`."""
    actor: str | None = None
    """The object id of who did it; None where it was an app, or nobody is named."""
    settings: tuple[SettingChange, ...] = ()

    @property
    def scope(self) -> SsprScope | None:
        """Whom SSPR is on for since; None where the change does not say, or not in known words."""
        choice = self._choice
        return _CHOICES.get(_plain(choice.after or "")) if choice else None

    @property
    def names_choice(self) -> bool:
        """Whether it changed the choice itself, in words that are known here or in others."""
        return self._choice is not None

    @property
    def may_be_of_scope(self) -> bool:
        """Whether it may have changed whom SSPR is on for: it says so, or nobody can tell."""
        names = [_plain(setting.name) for setting in self.settings]
        return not names or any(name.startswith(_CHOICE_NAMES + _GROUP_NAMES) for name in names)

    def names_group(self, group_id: str) -> bool | None:
        """Tells whether the group selected since is that one; None where none is named."""
        for setting in self.settings:
            if _plain(setting.name).startswith(_GROUP_NAMES) and setting.after:
                return group_id.casefold() in setting.after.casefold()
        return None

    @property
    def _choice(self) -> SettingChange | None:
        for setting in self.settings:
            name = _plain(setting.name)
            if name.startswith(_CHOICE_NAMES) and not name.startswith(_GROUP_NAMES):
                return setting
        return None


def _plain(text: str) -> str:
    return "".join(text.split()).strip("\"'").casefold()
