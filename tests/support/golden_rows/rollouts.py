"""The rollout, its document, its evaluations and its reconciliation."""

from collections.abc import Mapping
from dataclasses import replace

from shared.adapters.tables.tables import Tables
from shared.domain.person.kinds import KindRule, TraitRule
from shared.domain.person.methods import NO_CHANGES, MethodRule, ResetChanges
from shared.domain.person.people import Attribute, Trait
from shared.domain.person.policy import AttributeRule
from shared.domain.person.reasons import Reason
from shared.domain.rollout.cohort import Cut
from shared.domain.rollout.document import Ring
from shared.domain.rollout.gate import Evaluation, Outcome, Result
from shared.domain.rollout.measurements import WorkerSight
from shared.domain.rollout.scope_groups import ScopeDoubt, ScopeFault
from shared.domain.rollout.state import PauseReason, Rollout
from shared.ports.rollouts import Reconciliation
from tests.support.golden_rows.audit import expect_audit
from tests.support.golden_rows.golden import ADA, BOB, DAY, LATER, NOW, Golden
from tests.support.golden_rows.workers import BEFORE_DOMAINS, BEFORE_HINDRANCES
from tests.support.ports.rollouts import DOCUMENT, GATE, PAUSED

DOCUMENT_TEXT = "name: contoso # für alle\n"
BEFORE_KINDS: Rollout = replace(
    PAUSED,
    document=replace(
        DOCUMENT,
        # Sets of one, since the order of several is another in each process.
        excluded_attributes=(AttributeRule(Attribute.DEPARTMENT, frozenset({"werk süd"})),),
        waves=(
            replace(DOCUMENT.waves[0], selection=Ring(frozenset({ADA}))),
            *DOCUMENT.waves[1:],
        ),
        removals=replace(DOCUMENT.removals, people=50),
        resets=ResetChanges(methods=(("email", MethodRule(since=DAY, until=DAY)),), required=2),
    ),
    cuts=(Cut(0.05), Cut(0.25, {"Leeds": 0.5})),
    rolled_back=frozenset({"helpers"}),
    promoted=True,
    applied_by="operation-1",
    forced=True,
)
ROLLOUT = replace(
    BEFORE_KINDS,
    document=replace(
        BEFORE_KINDS.document,
        excluded_kinds=(KindRule("räume", (TraitRule(Trait.DISPLAY_NAME, ("raum *",)),)),),
        external_members=True,
    ),
)
"""BEFORE_KINDS is as it was stored before a document could name kinds of accounts."""
BEFORE_RESETS = replace(BEFORE_KINDS, document=replace(BEFORE_KINDS.document, resets=NO_CHANGES))
"""As it was stored before a document could say what a reset asks for."""
RESULT = Result(gate=GATE, outcome=Outcome.FAILED, value=0.5, sample=40, text="20 of 40")
DECIDED = Evaluation(NOW, "pilot", (RESULT,), "paused")
UNDECIDED = Evaluation(LATER, "pilot", (replace(RESULT, outcome=Outcome.PASSED),))
QUIET_GATE = replace(GATE, quiet_passes=True)
QUIET_DECIDED = replace(DECIDED, results=(replace(RESULT, gate=QUIET_GATE),))
QUIET_ROLLOUT = replace(
    ROLLOUT,
    document=replace(
        ROLLOUT.document,
        waves=tuple(replace(wave, gates=(QUIET_GATE,)) for wave in ROLLOUT.document.waves),
    ),
)
"""The others are as they were stored before a gate could pass by too few."""
RECONCILIATION = Reconciliation(
    at=NOW,
    listed=1000,
    eligible=900,
    kept=800,
    added=5,
    removed=4,
    removed_by_hand=[ADA],
    added_by_hand=[BOB],
    repaired=1,
    skips={Reason.GUEST: 100},
    problem="additions: too many",
)


async def _write_rollout(tables: Tables) -> None:
    await tables.rollouts.replace(None, BEFORE_KINDS, action="apply", now=NOW)
    await tables.rollouts.keep_document(2, DOCUMENT_TEXT, actor="ada", now=NOW)
    await tables.rollouts.keep_evaluation(DECIDED)
    await tables.rollouts.keep_evaluation(UNDECIDED)
    await tables.rollouts.keep_reconciliation(RECONCILIATION)
    await tables.workers.sighted([BEFORE_DOMAINS])


async def _expect_rollout(
    tables: Tables, rollout: Rollout = BEFORE_KINDS, sight: WorkerSight = BEFORE_DOMAINS
) -> None:
    stored = await tables.rollouts.current()
    assert stored
    assert stored.rollout == rollout
    assert await tables.rollouts.document_text(2) == DOCUMENT_TEXT
    assert list(await tables.rollouts.evaluations(9)) == [UNDECIDED, DECIDED]
    assert await tables.rollouts.reconciliation() == RECONCILIATION
    assert list(await tables.workers.sights()) == [sight]
    await expect_audit(tables, changes=1)


async def _expect_rollout_before_resets(tables: Tables) -> None:
    await _expect_rollout(tables, BEFORE_RESETS, BEFORE_HINDRANCES)


async def _write_kinds(tables: Tables) -> None:
    await tables.rollouts.replace(None, ROLLOUT, action="apply", now=NOW)


async def _expect_kinds(tables: Tables) -> None:
    stored = await tables.rollouts.current()
    assert stored
    assert stored.rollout == ROLLOUT


async def _write_quiet(tables: Tables) -> None:
    await tables.rollouts.replace(None, QUIET_ROLLOUT, action="apply", now=NOW)
    await tables.rollouts.keep_evaluation(QUIET_DECIDED)


async def _expect_quiet(tables: Tables) -> None:
    stored = await tables.rollouts.current()
    assert stored
    assert stored.rollout == QUIET_ROLLOUT
    assert list(await tables.rollouts.evaluations(9)) == [QUIET_DECIDED]


UNREMEMBERED_ROLLOUT = replace(QUIET_ROLLOUT, members_remembered=False)
"""While whoever was in the group before is still being remembered."""
GONE_RECONCILIATION = replace(RECONCILIATION, no_longer_members=[ADA], former_group=[BOB])
SCOPE_DOUBT = ScopeDoubt(
    fault=ScopeFault(PauseReason.GROUP_MISSING, "The AD group S-1 is not in Entra"),
    since=NOW,
    is_sure=True,
)


async def _write_unremembered(tables: Tables) -> None:
    await tables.rollouts.replace(None, UNREMEMBERED_ROLLOUT, action="apply", now=NOW)
    await tables.rollouts.keep_reconciliation(GONE_RECONCILIATION)
    await tables.rollouts.keep_scope_doubt(SCOPE_DOUBT)


async def _expect_unremembered(tables: Tables) -> None:
    stored = await tables.rollouts.current()
    assert stored
    assert stored.rollout == UNREMEMBERED_ROLLOUT
    assert await tables.rollouts.reconciliation() == GONE_RECONCILIATION
    assert await tables.rollouts.scope_doubt() == SCOPE_DOUBT


GOLDEN: Mapping[str, Golden] = {
    "rollout": Golden(_write_rollout, _expect_rollout_before_resets, written_today=False),
    "resets": Golden(_write_rollout, _expect_rollout, written_today=False),
    "kinds": Golden(_write_kinds, _expect_kinds, written_today=False),
    "quiet": Golden(_write_quiet, _expect_quiet),
    "unremembered": Golden(_write_unremembered, _expect_unremembered),
}
