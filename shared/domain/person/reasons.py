"""Why a person is where they are: one closed list, each with a sentence for the operator."""

from enum import StrEnum


class Reason(StrEnum):
    """The reason of a step, a refusal or a flag; the value is stored, the text is shown."""

    # On the way into scope.
    ONBOARDED = "onboarded"
    NEW_HIRE = "new-hire"
    IN_WAVE = "in-wave"
    INCLUDED_BY_OPERATOR = "included-by-operator"
    PUT_BACK = "put-back"
    REQUESTED_AGAIN = "requested-again"
    COMMAND_ISSUED = "command-issued"
    ADDED = "added"
    ALREADY_MEMBER = "already-member"
    ARRIVED_IN_ENTRA = "arrived-in-entra"
    DELTA_SYNC_SUCCEEDED = "delta-sync-succeeded"
    DELTA_SYNC_FAILED = "delta-sync-failed"
    SEEN_IN_ENTRA = "seen-in-entra"
    SSPR_ENABLED = "sspr-enabled"
    SSPR_REGISTERED = "sspr-registered"
    # Waiting.
    HIRE_DATE_AHEAD = "hire-date-ahead"
    NOT_IN_ANY_DIRECTORY = "not-in-any-directory"
    # Not eligible.
    GUEST = "guest"
    DISABLED = "disabled"
    UNLICENSED = "unlicensed"
    ADMINISTRATOR = "administrator"
    PROTECTED = "protected"
    EXCLUDED_GROUP = "excluded-group"
    EXCLUDED_ATTRIBUTE = "excluded-attribute"
    EXCLUDED_PERSON = "excluded-person"
    EXCLUDED_BY_OPERATOR = "excluded-by-operator"
    OUTSIDE_POPULATION = "outside-population"
    CLOUD_USER_OUT_OF_REACH = "cloud-user-out-of-reach"
    # Failed.
    AMBIGUOUS = "ambiguous"
    SID_MISMATCH = "sid-mismatch"
    NOT_IN_ACTIVE_DIRECTORY = "not-in-active-directory"
    NOT_IN_ENTRA = "not-in-entra"
    COMMAND_EXPIRED = "command-expired"
    GROUP_NOT_WRITABLE = "group-not-writable"
    WRITE_REFUSED = "write-refused"
    DEADLINE_PASSED = "deadline-passed"
    # On the way out.
    OFFBOARDED = "offboarded"
    REMOVED = "removed"
    ROLLED_BACK = "rolled-back"
    CALLED_OFF = "called-off"
    RELEASED = "released"
    NO_LONGER_WANTED = "no-longer-wanted"
    ADDED_BY_HAND = "added-by-hand"
    REMOVED_BY_HAND = "removed-by-hand"
    NOT_A_MEMBER = "not-a-member"
    MEMBERSHIP_NOT_OURS = "membership-not-ours"
    # Events that changed nothing.
    OUTDATED = "outdated"
    UNKNOWN_LEAVER = "unknown-leaver"
    NOBODY_WAITS = "nobody-waits"
    INVALID = "invalid"
    NOT_DONE = "not-done"
    # Flags: nothing moves, a person has to look.
    WORKER_SILENT = "worker-silent"
    NOT_WRITTEN = "not-written"
    NOT_VISIBLE = "not-visible"
    NOT_EFFECTIVE = "not-effective"

    @property
    def text(self) -> str:
        """One sentence for people."""
        return _TEXTS[self]


_TEXTS = {
    Reason.ONBOARDED: "An onboarding event asked for this person.",
    Reason.NEW_HIRE: "The rollout's rule for new hires asked for this person.",
    Reason.IN_WAVE: "A wave of the rollout asked for this person.",
    Reason.INCLUDED_BY_OPERATOR: "An operator asked for this person.",
    Reason.PUT_BACK: "Somebody had removed the membership by hand; it is written again.",
    Reason.REQUESTED_AGAIN: "Nothing came of the last attempt, so it was issued again.",
    Reason.COMMAND_ISSUED: "A directory command is on its way to the hybrid worker.",
    Reason.ADDED: "The membership was written.",
    Reason.ALREADY_MEMBER: "The person was a member already.",
    Reason.ARRIVED_IN_ENTRA: "The person has been synced and has an object id now.",
    Reason.DELTA_SYNC_SUCCEEDED: "The delta sync cycle after the change has ended well.",
    Reason.DELTA_SYNC_FAILED: "The delta sync after the change did not succeed; see the detail.",
    Reason.SEEN_IN_ENTRA: "The membership is seen in Entra.",
    Reason.SSPR_ENABLED: "The registration report shows the person as enabled for SSPR.",
    Reason.SSPR_REGISTERED: "The person has registered for SSPR.",
    Reason.HIRE_DATE_AHEAD: "The hire date has not come yet.",
    Reason.NOT_IN_ANY_DIRECTORY: "The person is in neither Entra nor Active Directory yet.",
    Reason.GUEST: "Guests reset their password in their own tenant.",
    Reason.DISABLED: "The account is disabled.",
    Reason.UNLICENSED: "No Entra ID P1 or P2 licence is assigned; writeback needs one.",
    Reason.ADMINISTRATOR: "The person holds a directory role; another policy governs them.",
    Reason.PROTECTED: "Protected in AD (adminCount=1): a writeback would be refused.",
    Reason.EXCLUDED_GROUP: "The person is in a group excluded from the rollout.",
    Reason.EXCLUDED_ATTRIBUTE: "The rollout document excludes people with this attribute.",
    Reason.EXCLUDED_PERSON: "The rollout document excludes this person.",
    Reason.EXCLUDED_BY_OPERATOR: "An operator keeps this person out.",
    Reason.OUTSIDE_POPULATION: "The person is in none of the groups that the rollout is for.",
    Reason.CLOUD_USER_OUT_OF_REACH: "The scope is a synced group; cloud users cannot be in it.",
    Reason.AMBIGUOUS: "More than one account matches; nobody was touched.",
    Reason.SID_MISMATCH: "The account with this source anchor has another SID.",
    Reason.NOT_IN_ACTIVE_DIRECTORY: "No account in AD has this source anchor.",
    Reason.NOT_IN_ENTRA: "The account is no longer in Entra.",
    Reason.COMMAND_EXPIRED: "The command reached the worker after its time.",
    Reason.GROUP_NOT_WRITABLE: "Entra refuses changes to the scope group; check the topology.",
    Reason.WRITE_REFUSED: "The directory refused the change; see the detail.",
    Reason.DEADLINE_PASSED: "The person did not appear in time.",
    Reason.OFFBOARDED: "An offboarding event asked to take this person out.",
    Reason.REMOVED: "The membership was removed.",
    Reason.ROLLED_BACK: "The wave that put this person in was rolled back.",
    Reason.CALLED_OFF: "The rollout was aborted before the membership was written.",
    Reason.RELEASED: "What an operator had said of this person no longer holds.",
    Reason.NO_LONGER_WANTED: "Nothing wants this person in scope any more.",
    Reason.ADDED_BY_HAND: "Somebody outside the rollout put this person in.",
    Reason.REMOVED_BY_HAND: "Somebody outside the rollout took this person out.",
    Reason.NOT_A_MEMBER: "The person was not a member.",
    Reason.MEMBERSHIP_NOT_OURS: "Somebody else put the person in; it was left as it is.",
    Reason.OUTDATED: "A newer event has been dealt with already.",
    Reason.UNKNOWN_LEAVER: "Nobody by that name was ever enrolled; nothing to take out.",
    Reason.NOBODY_WAITS: "Nobody waits for this person; nothing was done.",
    Reason.INVALID: "The message could not be understood; see the field.",
    Reason.NOT_DONE: "It could not be done for days on end; see the detail.",
    Reason.WORKER_SILENT: "The hybrid worker has not answered; is it running?",
    Reason.NOT_WRITTEN: "The change could not be written; look at the dead-lettered scope changes.",
    Reason.NOT_VISIBLE: "Applied, but Entra does not show the membership.",
    Reason.NOT_EFFECTIVE: "A member, but the report does not show the person as enabled.",
}
