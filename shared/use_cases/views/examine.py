"""Examine: gather what is known of the tenant and of the host, and let every check judge it."""

from collections.abc import Awaitable, Iterable, Sequence
from datetime import datetime, timedelta

from shared.contracts.api.doctor_views import DoctorView, FindingView
from shared.contracts.messages.contract import by_our_clock
from shared.domain.doctor.checks.policy_changes import KIND as POLICY_CHANGES
from shared.domain.doctor.checks.registry import CHECKS
from shared.domain.doctor.evidence import Evidence, Untold
from shared.domain.doctor.finding import CheckKind, CheckKinds, Finding, Verdict, worst
from shared.domain.doctor.tenant_facts import MethodsPolicy
from shared.domain.errors import DirectoryUnavailable
from shared.domain.health import NotReached, Trouble
from shared.domain.person.policy import Topology
from shared.domain.person.reasons import Reason
from shared.domain.person.sync_mode import SyncMode
from shared.domain.rollout.cloud_sync import SyncJob
from shared.domain.rollout.measurements import WorkerSight, sync_modes
from shared.ports.world import World
from shared.use_cases.known_endings import known_endings, notice_of
from shared.use_cases.policy_in_force import policy_in_force

USUALLY = timedelta(days=7)
_LONGEST = timedelta(days=30)
"""As long as the audit log is kept."""
_LATE = timedelta(minutes=30)
"""So much later an entry of the audit log may come than its own time says."""
_LOG = timedelta(hours=1)
_GRANT = (
    "infra/graph/grant-permissions IDENTITY --with-doctor --apply grants it, on Windows "
    "Grant-GraphPermissions.ps1 IDENTITY -WithDoctor -Apply. It counts within a day: an identity's "
    "token is kept for that long."
)
_POLICY_PERMISSION, _LICENCE_PERMISSION = "Policy.Read.All", "LicenseAssignment.Read.All"


async def examine(
    since: datetime | None, world: World, now: datetime, kinds: CheckKinds = CHECKS
) -> DoctorView:
    """Returns what every check says that concerns this tenant.

    What cannot be asked makes its check unknown, and no other.

    Args:
        since: How far back changes and resets are told. None: changes since the last look, of
            whomever, and resets of a week. The log is kept 30 days.
        world: What may be reached.
        now: The time.
        kinds: The checks.
    """
    last_look = await _last_look(world, now)
    # A look that goes back less far has not seen what came before.
    sees_all = since is None or since <= last_look
    changes_since = _in_the_log(since or last_look, now)
    since = _in_the_log(since or now - USUALLY, now)
    evidence = await gather_evidence(since, changes_since, world, now)
    judged = [(kind, kind.judge(evidence, now)) for kind in kinds.values()]
    found = [(kind, finding) for kind, finding in judged if finding]
    is_told = not isinstance(evidence.policy_changes, Untold)
    if is_told and sees_all and not _leads_away(found):
        await world.doctor_looks.keep(now)
    return DoctorView(
        at=now,
        since=since,
        changes_since=changes_since,
        verdict=worst(finding for _, finding in found),
        findings=tuple(
            FindingView(
                check=kind.name,
                part=kind.part,
                asks=kind.asks,
                verdict=finding.verdict,
                text=finding.text,
                remedy=finding.remedy,
                source=kind.source,
                read_on=kind.read_on,
            )
            for kind, finding in found
        ),
    )


def _leads_away(found: Iterable[tuple[CheckKind, Finding]]) -> bool:
    """Tells whether a change is wrong as it stands: it is told until it is mended."""
    return any(
        kind.name == POLICY_CHANGES.name and finding.verdict is Verdict.WRONG
        for kind, finding in found
    )


async def _last_look(world: World, now: datetime) -> datetime:
    """Returns from when on changes are news: the log tells them late, so some are told again."""
    newest = await world.doctor_looks.newest()
    return newest - _LATE if newest else now - USUALLY


def _in_the_log(since: datetime, now: datetime) -> datetime:
    return max(by_our_clock(since, now), now - _LONGEST)


async def gather_evidence(
    since: datetime, changes_since: datetime, world: World, now: datetime
) -> Evidence:
    """Asks everything that the checks judge by; one thing after another, for the sake of quotas."""
    policy = await policy_in_force(world)
    workers = tuple(await world.workers.sights())
    looked = await world.rollouts.reconciliation()
    facts = world.tenant_facts
    return Evidence(
        since=since,
        changes_since=changes_since,
        scope_group_id=world.tenant_rules.scope_group_id,
        needs_worker=world.tenant_rules.topology is not Topology.CLOUD,
        rules=policy.resets,
        licences=world.licences,
        unlicensed=looked.skips.get(Reason.UNLICENSED, 0) if looked else None,
        workers=workers,
        cloud_jobs=await _cloud_jobs(workers, world, now),
        resets=await _listed(world.directory.resets(since)),
        policy_changes=await _listed(world.directory.policy_changes(changes_since)),
        subscriptions=await _listed(facts.subscriptions(), _LICENCE_PERMISSION),
        methods_policy=await _methods_policy(facts.methods_policy()),
        registration=await _listed(facts.registration_rules(), _POLICY_PERMISSION),
        endings=await known_endings(world),
        notice=notice_of(world),
    )


async def _cloud_jobs(
    workers: Sequence[WorkerSight], world: World, now: datetime
) -> tuple[SyncJob, ...] | Untold:
    if SyncMode.CLOUD not in sync_modes(workers):
        return ()
    return await _listed(world.cloud_sync.jobs(now - _LOG))


async def _listed[T](asked: Awaitable[Sequence[T]], permission: str = "") -> tuple[T, ...] | Untold:
    try:
        return tuple(await asked)
    except NotReached as error:
        return _untold(error, permission)
    except DirectoryUnavailable as error:
        return Untold(str(error))


async def _methods_policy(asked: Awaitable[MethodsPolicy]) -> MethodsPolicy | Untold:
    try:
        return await asked
    except NotReached as error:
        return _untold(error, _POLICY_PERMISSION)


def _untold(error: NotReached, permission: str) -> Untold:
    if error.trouble is Trouble.FORBIDDEN:
        why = f"the app may not read it: {permission} is not granted, or not yet"
        return Untold(why, _GRANT)
    return Untold(error.detail)
