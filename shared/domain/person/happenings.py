"""What can happen to a person: one closed list, each with a sentence."""

from enum import StrEnum
from typing import Self


class Happening(StrEnum):
    """What can happen to a person, each with a sentence for whoever reads the table."""

    text: str

    def __new__(cls, value: str, text: str = "") -> Self:
        """Makes a member that is its value and knows its text."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.text = text
        return member

    # Somebody or something wants the person in.
    ASKED_FOR = "asked-for", "Asked for, and nothing stands in the way."
    MEMBER_ALREADY = (
        "member-already",
        "Asked for, or looked at, and Entra shows a membership that is not ours.",
    )
    HIRED_LATER = "hired-later", "Asked for ahead of the hire date."
    FOUND_NOWHERE = "found-nowhere", "Asked for, and no directory knows the person."
    UNIDENTIFIED = (
        "unidentified",
        "Asked for by a name of more than one account, or by an object id of none.",
    )
    REFUSED = "refused", "Asked for, and the rules refuse the person."
    KEPT_OUT = "kept-out", "Asked for while an exclusion holds."
    # The directory answers.
    WRITTEN = "written", "The membership has been written."
    WRITTEN_BEFORE = "written-before", "The membership was there before anybody here wrote it."
    ADD_REFUSED_BY_RULE = "add-refused-by-rule", "AD knows that the person may not be in."
    ADD_REFUSED = "add-refused", "The membership cannot be written."
    NO_ACCOUNT = "no-account", "AD has no account for somebody who is not in Entra either."
    ADD_IN_VAIN = "add-in-vain", "Of somebody who is leaving: the add still out wrote nothing."
    REMOVED = "removed", "The membership has been removed, or there was none."
    SEEN_GONE = "seen-gone", "Entra no longer shows the membership of somebody who is to be out."
    # Time passes, and Entra is looked at.
    DEADLINE_PASSED = "deadline-passed", "No directory has come to know the person in time."
    NEVER_ARRIVED = "never-arrived", "Put into the AD group, and not in Entra by the deadline."
    SEEN = "seen", "Entra shows the membership."
    NOT_SEEN_IN_TIME = "not-seen-in-time", "Entra does not show it, and it is to be written again."
    SSPR_ENABLED = "sspr-enabled", "The registration report shows the person as enabled."
    SSPR_REGISTERED = "sspr-registered", "The registration report shows a registration."
    RESET_POSSIBLE = (
        "reset-possible",
        "Of the methods that the report names enough count for a reset.",
    )
    RESET_LOST = "reset-lost", "The report shows that a reset has become impossible."
    REGISTRATION_LOST = (
        "registration-lost",
        "The report no longer shows the registration of somebody who could not reset with it.",
    )
    SSPR_DISABLED = "sspr-disabled", "The registration report no longer shows them as enabled."
    REFUSED_ON_ARRIVAL = (
        "refused-on-arrival",
        "Enrolled before they were in Entra, where the rules now refuse them.",
    )
    # Others change the group.
    TAKEN_OUT_BY_HAND = "taken-out-by-hand", "Somebody outside the rollout took the person out."
    PUT_IN_BY_HAND = "put-in-by-hand", "Somebody outside the rollout put in one who is not wanted."
    # Nothing wants the person in any more, or something keeps them out.
    OFFBOARDED = "offboarded", "The person leaves."
    EXCLUDED_BY_OPERATOR = "excluded-by-operator", "An operator keeps the person out."
    UNWANTED = "unwanted", "Nothing wants the person in any more."
    INELIGIBLE = "ineligible", "A plan finds that the rules now refuse the person."
    ACCOUNT_GONE = "account-gone", "The account is no longer in Entra."
    ROLLED_BACK = "rolled-back", "The only wave that wants the person in is rolled back."
    FORGOTTEN = "forgotten", "The events that wanted the person in, or let them, are forgotten."
    CALLED_OFF = "called-off", "The rollout is aborted before the membership was written."
