"""Describe a plan: what an operator is shown before anything is written."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shared.contracts.api.counts import CountView
from shared.contracts.api.gate_words import needs_text
from shared.contracts.api.plan_views import GateNeeds, LosingView, PlannedWave, PlanView
from shared.contracts.api.wave_words import selection_text
from shared.domain.durations import iso_duration
from shared.domain.person.enrolment import CauseKind
from shared.domain.person.methods import Ability, HeldMethods, ResetRules
from shared.domain.person.policy import Topology
from shared.domain.person.reasons import Reason
from shared.domain.plan.reset_forecast import Change, ends_ahead, foretell_unenrolled
from shared.domain.plan.scope_plan import Addition, ScopePlan, Skip, unsafe
from shared.domain.rollout.document import Wave
from shared.domain.rollout.gates.kind import GateKinds, Prospect, kind_of
from shared.domain.rollout.gates.registry import GATES
from shared.domain.rollout.state import Rollout
from shared.ports.rollouts import StoredRollout

_OTHERS = {
    CauseKind.EVENT: "People whom an event asked for and who may be enrolled now.",
    CauseKind.NEW_HIRE: "New hires under the document's rule.",
    CauseKind.OVERRIDE: "People whom an operator included.",
}


def describe_plan(
    plan: ScopePlan,
    rollout: Rollout,
    stored: StoredRollout | None,
    *,
    registered: Mapping[str, HeldMethods],
    claimed: Mapping[str, int],
    obstacle: Reason | None = None,
    now: datetime,
    kinds: GateKinds = GATES,
) -> PlanView:
    """Describes the plan in numbers: by wave and department, with what stands against it.

    `rollout` is what it would be once the plan is applied, `stored` what it is; `claimed` is how
    many people waves claim already, by their names; `obstacle` is why the scope group cannot be
    written, if it cannot.
    """
    document = rollout.document
    by_wave: dict[str, list[Addition]] = {wave.name: [] for wave in document.waves}
    others: Counter[CauseKind] = Counter()
    for one in plan.additions:
        if one.kind is CauseKind.WAVE:
            by_wave[one.reference].append(one)
        else:
            others[one.kind] += 1
    return PlanView(
        fingerprint=plan.fingerprint,
        name=document.name,
        digest=document.digest,
        planned_at=now,
        listed=plan.listed,
        eligible=plan.eligible,
        kept=plan.kept,
        additions=len(plan.additions),
        waves=tuple(
            _wave(
                wave,
                by_wave[wave.name],
                registered,
                _Abilities(document.reset_rules, now.date()),
                kinds,
                begun=number < rollout.started,
            )
            for number, wave in enumerate(document.waves)
        ),
        other_additions=tuple(
            CountView(reason=kind, text=_OTHERS[kind], people=count)
            for kind, count in others.items()
        ),
        skips=_skipped(plan.skips),
        removals=counted(one.reason for one in plan.removals),
        drift=counted(one.reason for one in plan.drift),
        unsafe=unsafe(plan, document),
        warnings=(
            *_of_group(obstacle),
            *_of_old(rollout, claimed),
            *_warnings(rollout, stored, by_wave, kinds),
        ),
    )


def counted(reasons: Iterable[Reason]) -> tuple[CountView, ...]:
    """Counts how many people there are for each reason, the most frequent first."""
    return tuple(
        CountView(reason=reason, text=reason.text, people=count)
        for reason, count in Counter(reasons).most_common()
    )


def _skipped(skips: Iterable[Skip]) -> tuple[CountView, ...]:
    """Counts whoever is left alone by reason, and by the document's kinds of accounts."""
    counts = Counter((one.reason, one.kind) for one in skips)
    return tuple(
        CountView(
            reason=reason, text=f"{kind}: {reason.text}" if kind else reason.text, people=count
        )
        for (reason, kind), count in counts.most_common()
    )


def _wave(
    wave: Wave,
    additions: Sequence[Addition],
    registered: Mapping[str, HeldMethods],
    abilities: "_Abilities",
    kinds: GateKinds,
    *,
    begun: bool,
) -> PlannedWave:
    departments = Counter(one.department for one in additions)
    held = [registered[one.object_id] for one in additions if one.object_id in registered]
    return PlannedWave(
        name=wave.name,
        selection=selection_text(wave.selection),
        soak=iso_duration(wave.soak),
        begun=begun,
        additions=len(additions),
        departments=dict(sorted(departments.items())),
        prompts=sum(one.object_id not in registered for one in additions),
        able=abilities.able(held),
        losing=abilities.losing(held),
        gates=tuple(GateNeeds(gate=gate.kind, text=needs_text(gate, kinds)) for gate in wave.gates),
    )


@dataclass(frozen=True, slots=True)
class _Abilities:
    """Tells how many could reset today, and how many of those no longer can from a day on."""

    rules: ResetRules
    today: date

    def able(self, held: Sequence[HeldMethods]) -> int:
        return sum(self.rules.ability(one, self.today) is Ability.CAN for one in held)

    def losing(self, held: Sequence[HeldMethods]) -> tuple[LosingView, ...]:
        """Counts each person once, on the first day from which on they cannot."""
        days = ends_ahead(self.rules, self.today)
        counts = Counter(next((day for day in days if self._loses(one, day)), None) for one in held)
        return tuple(LosingView(on=day, people=counts[day]) for day in days if counts[day])

    def _loses(self, held: HeldMethods, day: date) -> bool:
        foretold = foretell_unenrolled(held, self.rules, self.today, day)
        return foretold.change is Change.LOSES


def _of_group(obstacle: Reason | None) -> Iterator[str]:
    if obstacle:
        yield f"nobody of the cloud can be put in or taken out ({obstacle}): {obstacle.text}"


def _of_old(rollout: Rollout, claimed: Mapping[str, int]) -> Iterator[str]:
    """Warns of each wave still to begin by whose name people of an earlier wave are in already.

    A wave is known by its name, and its rollback takes out whoever is in by that name.
    """
    for wave in rollout.document.waves[rollout.started :]:
        if people := claimed.get(wave.name):
            yield (
                f"wave {wave.name}: {people} {'person is' if people == 1 else 'people are'} in by "
                "an earlier wave of that name; a rollback would take them out as well"
            )


def _warnings(
    rollout: Rollout,
    stored: StoredRollout | None,
    by_wave: Mapping[str, Sequence[Addition]],
    kinds: GateKinds,
) -> Iterator[str]:
    """Yields what an operator would rather know before than after."""
    document = rollout.document
    if stored and stored.rollout.document.salt != document.salt:
        yield "the salt is another one: waves that have not begun pick other people than before"
    for wave in document.waves[rollout.started :]:
        adds = len(by_wave[wave.name])
        if not adds:
            yield f"wave {wave.name} adds nobody"
        prospect = Prospect(adds=adds, needs_worker=document.topology is not Topology.CLOUD)
        for gate in wave.gates:
            if doubt := kind_of(gate.kind, kinds).doubt(gate, prospect):
                yield f"wave {wave.name}, gate {gate.kind}: {doubt}"
