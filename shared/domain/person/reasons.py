"""Why a person is where they are: one closed list, each with a sentence for the operator."""

from enum import StrEnum
from typing import Self


class Reason(StrEnum):
    """The reason of a step, a refusal or a flag; the value is stored, the text is shown."""

    text: str
    """One sentence for people."""

    def __new__(cls, value: str, text: str = "") -> Self:
        """Makes a member that is its value and knows its text; every member has a text.

        The default is for whoever finds a member by its value.
        """
        member = str.__new__(cls, value)
        member._value_ = value
        member.text = text
        return member

    # On the way into scope.
    ONBOARDED = "onboarded", "An onboarding event asked for this person."
    NEW_HIRE = "new-hire", "The rollout's rule for new hires asked for this person."
    IN_WAVE = "in-wave", "A wave of the rollout asked for this person."
    INCLUDED_BY_OPERATOR = "included-by-operator", "An operator asked for this person."
    PUT_BACK = "put-back", "Somebody had removed the membership by hand; it is written again."
    REQUESTED_AGAIN = "requested-again", "Nothing came of the last attempt, so it was issued again."
    COMMAND_ISSUED = "command-issued", "A directory command is on its way to the hybrid worker."
    ADDED = "added", "The membership was written."
    ALREADY_MEMBER = "already-member", "The person was a member already."
    ARRIVED_IN_ENTRA = "arrived-in-entra", "The person has been synced and has an object id now."
    PROVISIONED_ON_DEMAND = (
        "provisioned-on-demand",
        "Cloud Sync was asked to bring the account at once, and it has.",
    )
    NOT_PROVISIONED_ON_DEMAND = (
        "not-provisioned-on-demand",
        "Cloud Sync did not bring the account when asked; its next cycle does. See the detail.",
    )
    DELTA_SYNC_SUCCEEDED = (
        "delta-sync-succeeded",
        "The delta sync cycle after the change has ended well.",
    )
    DELTA_SYNC_FAILED = (
        "delta-sync-failed",
        "The delta sync after the change did not succeed; see the detail.",
    )
    SOURCE_OF_AUTHORITY_CHANGED = (
        "source-of-authority-changed",
        "The account's source of authority was converted; see the detail.",
    )
    SEEN_IN_ENTRA = "seen-in-entra", "The membership is seen in Entra."
    SSPR_ENABLED = "sspr-enabled", "The registration report shows the person as enabled for SSPR."
    SSPR_REGISTERED = "sspr-registered", "The person has registered for SSPR."
    RESET_POSSIBLE = "reset-possible", "Enough of the registered methods count for a reset."
    # No longer able to reset.
    METHOD_RESET = (
        "method-reset",
        "Registered methods were taken away; too few that count for a reset are left.",
    )
    METHOD_ENDED = (
        "method-ended",
        "Microsoft, or the rollout document, has ended a registered method.",
    )
    DISABLED_BY_POLICY = (
        "disabled-by-policy",
        "Enough methods are registered, and the tenant's policy does not take them.",
    )
    TOO_FEW_METHODS = "too-few-methods", "Fewer registered methods count than a reset asks for."
    METHOD_NOT_KNOWN = (
        "method-not-known",
        "A reset hangs on a registered method that is not known to count.",
    )
    SSPR_OFF = "sspr-off", "The registration report no longer shows the person as enabled for SSPR."
    # Waiting.
    HIRE_DATE_AHEAD = "hire-date-ahead", "The hire date has not come yet."
    LAST_DAY_AHEAD = "last-day-ahead", "The person leaves; their last day has not passed yet."
    NOT_IN_ANY_DIRECTORY = (
        "not-in-any-directory",
        "The person is in neither Entra nor Active Directory yet.",
    )
    # Not eligible.
    NAMES_DIFFER = (
        "names-differ",
        "The UPN and the employee id that were given are not one person's.",
    )
    GUEST = "guest", "Guests reset their password in their own tenant."
    EXTERNAL_MEMBER = (
        "external-member",
        "The account is at home in another tenant (#EXT#), and so is its password.",
    )
    EXCLUDED_KIND = "excluded-kind", "The rollout document excludes accounts of this kind."
    DISABLED = "disabled", "The account is disabled."
    UNLICENSED = "unlicensed", "No licence is assigned with which a password can be reset."
    ADMINISTRATOR = (
        "administrator",
        "SSPR's own policy for administrators governs the person, by the role they hold.",
    )
    PROTECTED = "protected", "Protected in AD (adminCount=1): a writeback would be refused."
    EXCLUDED_GROUP = "excluded-group", "The person is in a group excluded from the rollout."
    EXCLUDED_ATTRIBUTE = (
        "excluded-attribute",
        "The rollout document excludes people with this attribute.",
    )
    EXCLUDED_PERSON = "excluded-person", "The rollout document excludes this person."
    EXCLUDED_BY_OPERATOR = "excluded-by-operator", "An operator keeps this person out."
    EXCLUDED_FOR_GOOD = (
        "excluded-for-good",
        "An operator keeps this person out for good, whatever events and waves come.",
    )
    OUTSIDE_POPULATION = (
        "outside-population",
        "The person is in none of the groups that the rollout is for.",
    )
    CLOUD_USER_OUT_OF_REACH = (
        "cloud-user-out-of-reach",
        "The scope is a synced group; cloud users cannot be in it.",
    )
    DOMAIN_NOT_SERVED = (
        "domain-not-served",
        "The person is of an AD domain whose people no hybrid worker can put into the group.",
    )
    # Failed.
    AMBIGUOUS = "ambiguous", "More than one account matches; nobody was touched."
    SID_MISMATCH = "sid-mismatch", "The account with this source anchor has another SID."
    NOT_IN_ACTIVE_DIRECTORY = "not-in-active-directory", "No account in AD has this source anchor."
    NOT_IN_ENTRA = "not-in-entra", "The account is no longer in Entra."
    COMMAND_EXPIRED = "command-expired", "The command reached the worker after its time."
    WRITING_STOPPED = (
        "writing-stopped",
        "Everything that writes was stopped while the command was on its way; nothing was changed.",
    )
    GROUP_NOT_WRITABLE = (
        "group-not-writable",
        "Entra refuses changes to the scope group; check the topology.",
    )
    GROUP_SYNCED = (
        "group-synced",
        "The scope group is synced from AD; select a cloud group with it nested inside.",
    )
    GROUP_NOT_SYNCED = (
        "group-not-synced",
        "The topology is synced, but the scope group is one of the cloud; set nested or cloud.",
    )
    GROUP_DYNAMIC = (
        "group-dynamic",
        "A rule says who is in the scope group; make its membership assigned, or select another.",
    )
    GROUP_MAIL_ENABLED = (
        "group-mail-enabled",
        "The scope group is written by Exchange; select a security group without mail.",
    )
    GROUP_EXTERNAL = (
        "group-external",
        "Another service made the scope group and alone may change it; select a security group.",
    )
    GROUP_ROLE_ASSIGNABLE = (
        "group-role-assignable",
        "The scope group can be given roles, so that the app may not write it; select another.",
    )
    GROUP_MICROSOFT_365 = (
        "group-microsoft-365",
        "The scope group is a Microsoft 365 group, with mail and a site; select a security group.",
    )
    WRITE_REFUSED = "write-refused", "The directory refused the change; see the detail."
    UNKNOWN_REFUSAL = (
        "unknown-refusal",
        "Entra refused the change for a reason that is not known here; see the detail.",
    )
    NOT_NOW = "not-now", "Entra could not take the change just then; it is asked for again."
    DIRECTORY_BUSY = (
        "directory-busy",
        "Active Directory could not take the change just then; it is asked for again.",
    )
    NOT_SYNCED = (
        "not-synced",
        "In Active Directory, but not in Entra by the deadline: outside the sync's scope?",
    )
    DEADLINE_PASSED = "deadline-passed", "The person did not appear in time."
    # On the way out.
    OFFBOARDED = "offboarded", "An offboarding event asked to take this person out."
    REMOVED = "removed", "The membership was removed."
    ROLLED_BACK = (
        "rolled-back",
        "The wave that put this person in was rolled back, or the group was let go.",
    )
    CALLED_OFF = "called-off", "The rollout was aborted before the membership was written."
    RELEASED = "released", "What an operator had said of this person no longer holds."
    STILL_ON_THE_WAY_OUT = (
        "still-on-the-way-out",
        "Wanted in, and still on the way out; put in once that has ended.",
    )
    FORGOTTEN = "forgotten", "An operator had what an event said forgotten, as if it never came."
    NO_LONGER_WANTED = "no-longer-wanted", "Nothing wants this person in scope any more."
    ADDED_BY_HAND = "added-by-hand", "Somebody outside the rollout put this person in."
    REMOVED_BY_HAND = "removed-by-hand", "Somebody outside the rollout took this person out."
    NO_LONGER_MEMBER = (
        "no-longer-member",
        "In the group before the rollout, and no longer in it; nothing else wants this person in.",
    )
    FORMER_GROUP = (
        "former-group",
        "Seen in the group that was written before, and not in the one in its place.",
    )
    REMOVAL_UNCONFIRMED = (
        "removal-unconfirmed",
        "Entra says that there is no such membership; it is believed once it is seen.",
    )
    STILL_A_MEMBER = (
        "still-a-member",
        "Still in scope, though there is no membership to remove: through another group?",
    )
    SEEN_GONE = "seen-gone", "Entra no longer shows the membership."
    NOT_SHOWN = (
        "not-shown",
        "Entra did not show the person, or the membership; it is believed once it lasts.",
    )
    NOT_A_MEMBER = "not-a-member", "The person was not a member."
    MEMBERSHIP_NOT_OURS = (
        "membership-not-ours",
        "Somebody else put the person in; it was left as it is.",
    )
    # Events that changed nothing.
    OUTDATED = "outdated", "A newer event has been dealt with already."
    UNKNOWN_LEAVER = "unknown-leaver", "Nobody by that name was ever enrolled; nothing to take out."
    NOBODY_WAITS = "nobody-waits", "Nobody waits for this person; nothing was done."
    HELD = "held", "More people at once than the sender may move; an operator decides."
    LISTED = "listed", "The sender lists this person, and does not say that they join."
    INVALID = "invalid", "The message could not be understood; see the field."
    NOT_DONE = "not-done", "It could not be done for days on end; see the detail."
    DISCARDED = "discarded", "An operator has discarded this message; see the detail."
    # Flags: nothing moves, a person has to look.
    WORKER_SILENT = "worker-silent", "The hybrid worker has not answered; is it running?"
    NOT_WRITTEN = (
        "not-written",
        "The change could not be written; look at the dead-lettered scope changes.",
    )
    ANSWER_CONTRADICTS = (
        "answer-contradicts",
        "The worker answered for another account than the one known; nothing was changed.",
    )
    NOT_VISIBLE = "not-visible", "Applied, but Entra does not show the membership."
    NOT_EFFECTIVE = "not-effective", "A member, but the report does not show the person as enabled."


OF_THE_GROUP = frozenset(
    {
        Reason.GROUP_NOT_WRITABLE,
        Reason.GROUP_SYNCED,
        Reason.GROUP_NOT_SYNCED,
        Reason.GROUP_DYNAMIC,
        Reason.GROUP_MAIL_ENABLED,
        Reason.GROUP_EXTERNAL,
        Reason.GROUP_ROLE_ASSIGNABLE,
        Reason.GROUP_MICROSOFT_365,
    }
)
"""What is wrong with the scope group, and is nobody's fault who is to be in it."""
REFUSALS_TO_LOOK_AT = OF_THE_GROUP | {Reason.UNKNOWN_REFUSAL, Reason.WRITE_REFUSED}
"""Refusals that may last until somebody does something about them."""
OVERDUE = REFUSALS_TO_LOOK_AT | {Reason.WORKER_SILENT, Reason.NOT_WRITTEN, Reason.STILL_A_MEMBER}
"""Flags of those whose write is owed and was asked for again as often as it is."""
UNWANTED = frozenset({Reason.NO_LONGER_WANTED, Reason.ROLLED_BACK})
"""Why somebody goes whom nothing keeps out, and nothing wants."""
