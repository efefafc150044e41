"""Whether a member of a command may be touched: pure, from what the look-up found."""

from hybrid_worker.active_directory.account import Account, AccountKind, guid_of
from hybrid_worker.identify import Finding
from shared.contracts.messages.directory_command import CommandMember
from shared.contracts.messages.directory_result import (
    LONGEST_DISTINGUISHED_NAME,
    MemberResult,
)
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import ScopeAction, WriteOutcome

_IN_ENTRA = frozenset({AccountKind.SID, AccountKind.ANCHOR})
"""Who is known by one of these is in Entra, or was found in AD before."""
_IN_GROUP = frozenset({WriteOutcome.DONE, WriteOutcome.ALREADY})


def judge(action: ScopeAction, member: CommandMember, finding: Finding) -> Account | MemberResult:
    """Returns the one account that is meant and may be changed, or the answer that says why not."""
    accounts = finding.accounts
    if finding.unknown:
        return refused(member, Reason.DIRECTORY_BUSY, detail="the global catalogue is away")
    if not accounts:
        return _not_found(member)
    if len(accounts) > 1:
        return refused(member, Reason.AMBIGUOUS, detail=f"{len(accounts)} accounts match")
    account = accounts[0]
    reason = _refusal(action, member, account, finding)
    if reason is None:
        return account
    # Somebody with another SID is somebody else: the cloud is not told who.
    return refused(member, reason, None if reason is Reason.SID_MISMATCH else account)


def refused(
    member: CommandMember, reason: Reason, account: Account | None = None, detail: str = ""
) -> MemberResult:
    """Returns the answer for somebody who is left as they are."""
    return result(member, WriteOutcome.REFUSED, account, reason, detail)


def result(
    member: CommandMember,
    outcome: WriteOutcome,
    account: Account | None,
    reason: Reason | None = None,
    detail: str = "",
) -> MemberResult:
    """Returns an answer for one member; it tells the cloud who they turned out to be.

    Where in AD they are is `located`'s to tell.
    """
    return MemberResult(
        key=member.key,
        outcome=outcome,
        reason=reason,
        detail=detail[:500],
        # Which attribute is the tenant's anchor, the cloud knows better where it knows one.
        source_anchor=(member.source_anchor or account.source_anchor) if account else None,
        sid=account.sid if account else None,
        user_principal_name=account.user_principal_name if account else None,
        employee_id=account.employee_id if account else None,
    )


def located(
    answer: MemberResult, action: ScopeAction, member: CommandMember, account: Account
) -> MemberResult:
    """Returns the answer with where in AD a new hire is, whom Entra Cloud Sync may be asked for.

    A new hire is somebody whom the cloud knows by name alone; of nobody else is it told.
    """
    is_hire = not (member.sid or member.source_anchor)
    is_in = action is ScopeAction.ADD and answer.outcome in _IN_GROUP
    name = account.distinguished_name or ""
    if not (is_hire and is_in and 0 < len(name) <= LONGEST_DISTINGUISHED_NAME):
        return answer
    return answer.model_copy(update={"distinguished_name": name})


def _not_found(member: CommandMember) -> MemberResult:
    if not (member.sid or member.source_anchor):
        return result(member, WriteOutcome.NOT_FOUND, None)
    anchor = "" if member.sid else "the source anchor is no GUID, and no SID is known"
    detail = anchor if member.source_anchor and not guid_of(member.source_anchor) else ""
    return result(member, WriteOutcome.NOT_FOUND, None, Reason.NOT_IN_ACTIVE_DIRECTORY, detail)


def _refusal(
    action: ScopeAction, member: CommandMember, account: Account, finding: Finding
) -> Reason | None:
    if finding.contradicted or (member.sid and member.sid.upper() != account.sid.upper()):
        return Reason.SID_MISMATCH
    if action is ScopeAction.REMOVE:
        return None
    if account.protected:
        return Reason.PROTECTED
    # Who has a source anchor is in Entra, where the cloud has looked whether they are enabled.
    if account.disabled and finding.by not in _IN_ENTRA:
        return Reason.DISABLED
    return None
