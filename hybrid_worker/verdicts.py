"""Whether a member of a command may be touched: pure, from what the look-up found."""

from collections.abc import Sequence

from hybrid_worker.active_directory.account import Account, AccountKind, Pointer
from shared.contracts.messages.directory_command import CommandMember
from shared.contracts.messages.directory_result import MemberResult
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import ScopeAction, WriteOutcome


def judge(
    action: ScopeAction, member: CommandMember, accounts: Sequence[Account]
) -> Account | MemberResult:
    """Returns the one account that is meant and may be changed, or the answer that says why not."""
    pointer = Pointer.of(member)
    if not accounts:
        return _not_found(member, pointer)
    if len(accounts) > 1:
        return refused(member, Reason.AMBIGUOUS, detail=f"{len(accounts)} accounts match")
    account = accounts[0]
    reason = _refusal(action, member, account, pointer)
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
    """Returns an answer for one member; it tells the cloud who they turned out to be."""
    return MemberResult(
        key=member.key,
        outcome=outcome,
        reason=reason,
        detail=detail[:500],
        source_anchor=account.source_anchor if account else None,
        sid=account.sid if account else None,
        user_principal_name=account.user_principal_name if account else None,
        employee_id=account.employee_id if account else None,
    )


def _not_found(member: CommandMember, pointer: Pointer) -> MemberResult:
    if pointer.kind is not AccountKind.ANCHOR:
        return result(member, WriteOutcome.NOT_FOUND, None)
    detail = "" if pointer.guid else "the source anchor is not the base64 of a GUID"
    return result(member, WriteOutcome.NOT_FOUND, None, Reason.NOT_IN_ACTIVE_DIRECTORY, detail)


def _refusal(
    action: ScopeAction, member: CommandMember, account: Account, pointer: Pointer
) -> Reason | None:
    if member.sid and member.sid.upper() != account.sid.upper():
        return Reason.SID_MISMATCH
    if action is ScopeAction.REMOVE:
        return None
    if account.protected:
        return Reason.PROTECTED
    # Who has a source anchor is in Entra, where the cloud has looked whether they are enabled.
    if account.disabled and pointer.kind is not AccountKind.ANCHOR:
        return Reason.DISABLED
    return None
