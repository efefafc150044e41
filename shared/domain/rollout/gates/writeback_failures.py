"""The gate `writebackFailures`: do the passwords that people set arrive in Active Directory?

Two tell of it that know nothing of each other: the audit log of Entra, which comes late and names
people, and the events of the Entra Connect host, which come with the worker's signs of life and
name nobody. Either may fail the gate; what one has too few of, the other may prove.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from shared.domain.durations import duration_text
from shared.domain.rollout.connect_host import fresh_hosts
from shared.domain.rollout.gate import Gate, Outcome, Result
from shared.domain.rollout.gates import shares
from shared.domain.rollout.gates.kind import (
    INCONCLUSIVE_LIMIT,
    GateKind,
    Guide,
    Need,
    Sample,
    quiet_sample,
    threshold,
)
from shared.domain.rollout.gates.look import TIME, Look
from shared.domain.rollout.gates.resets import RESET_FAILURE_LIMIT, RESET_WINDOW
from shared.domain.rollout.measurements import workers_at_work
from shared.domain.rollout.resets import ResetOutcome

_WRITTEN_BACK = frozenset({ResetOutcome.SUCCEEDED, ResetOutcome.WRITEBACK_FAILED})
_WHAT = "could not be written to AD"
WATCHED_BACK: Final = timedelta(days=7)
"""How far back the watch looks for the newest resets: in a small tenant there are few in a day."""
_DIFFERENT_PEOPLE: Final = 2


def _judge(gate: Gate, look: Look) -> Result:
    by_audit, by_host = _by_audit(gate, look), _by_host(gate, look)
    if by_host is None:
        return by_audit
    decides = _deciding(gate, by_audit, by_host)
    other = by_host if decides is by_audit else by_audit
    return replace(decides, text=f"{decides.text}; {other.text}")


def _deciding(gate: Gate, by_audit: Result, by_host: Result) -> Result:
    """Returns the result that counts: a failure, else the one that has enough to judge by."""
    both = (by_audit, by_host)
    failed = next((one for one in both if one.outcome is Outcome.FAILED), None)
    enough = next((one for one in both if one.sample and one.sample >= gate.minimum_sample), None)
    unclear = next((one for one in both if one.outcome is Outcome.INCONCLUSIVE), None)
    return failed or enough or unclear or by_audit


def _by_audit(gate: Gate, look: Look) -> Result:
    resets = look.resets(gate, _WRITTEN_BACK)
    failures = sum(reset.outcome is ResetOutcome.WRITEBACK_FAILED for reset in resets)
    them = f"{_resets(len(resets))} since {look.start(gate):{TIME}}"
    return shares.judge_ceiling(gate, failures, len(resets), them, _WHAT)


def _by_host(gate: Gate, look: Look) -> Result | None:
    """Judges the same by the host's events, in whole hours; None where it tells of no reset."""
    hosts = [one.host for one in workers_at_work(look.measured.workers)]
    start = look.start(gate)
    # Several workers may look at one host: their sights are not to be added up.
    counts = [_counted(host.writebacks(start)) for host in fresh_hosts(hosts, look.now)]
    failures, total = max(counts, key=lambda one: one[1], default=(0, 0))
    if not total:
        return None
    them = f"{_resets(total)} of the host's events"
    return shares.judge_ceiling(gate, failures, total, them, _WHAT)


def _counted(writebacks: tuple[int, int]) -> tuple[int, int]:
    succeeded, failed = writebacks
    return failed, succeeded + failed


def _resets(count: int) -> str:
    return f"{count:,} {'reset' if count == 1 else 'resets'}"


def _watch(gate: Gate, look: Look) -> Result:
    """Judges the window; what passes by the resets since the newest failure is over.

    Where too few reset a password to judge by a share, the newest of them decide.
    """
    result = _judge(gate, look)
    if result.outcome is Outcome.INCONCLUSIVE or not result.sample:
        return _by_the_newest(gate, look) or result
    failures = look.resets(gate, {ResetOutcome.WRITEBACK_FAILED})
    if result.outcome is not Outcome.FAILED or not failures:
        return result
    since = _judge(gate, replace(look, since=max(one.at for one in failures)))
    return since if since.outcome is Outcome.PASSED else result


def _by_the_newest(gate: Gate, look: Look) -> Result | None:
    """Judges by the resets of a week since the last that was written; None if they prove nothing.

    One person alone proves nothing, however often they try: it may be their password, or their
    account. Two of whom nobody succeeded are the writeback.
    """
    start = max(look.now - WATCHED_BACK, look.since)
    resets = sorted(
        (
            one
            for one in look.measured.resets
            if start <= one.at <= look.now and one.outcome in _WRITTEN_BACK
        ),
        key=lambda one: one.at,
    )
    failed = []
    for one in reversed(resets):
        if one.outcome is not ResetOutcome.WRITEBACK_FAILED:
            break
        failed.append(one)
    people = len({one.object_id for one in failed})
    if people >= _DIFFERENT_PEOPLE:
        text = f"the newest {_resets(len(failed))}, of {people} people, {_WHAT}; none was since"
        return Result(gate=gate, outcome=Outcome.FAILED, value=1.0, sample=len(failed), text=text)
    if resets and not failed:
        text = f"the newest of {_resets(len(resets))} within a week was written to AD"
        return Result(gate=gate, outcome=Outcome.PASSED, value=0.0, sample=1, text=text)
    return None


def _condition(gate: Gate) -> str:
    needed = (
        f"{gate.minimum_sample} resets before it fails"
        if gate.quiet_passes
        else f"{gate.minimum_sample} resets needed"
    )
    return (
        f"at most {shares.share_text(gate)} of the resets of the last {duration_text(gate.window)} "
        f"failing in AD ({needed})"
    )


KIND = GateKind(
    name="writebackFailures",
    meaning="The share of self-service resets that could not be written to Active Directory, by "
    "the audit log and by the events of the Entra Connect host.",
    summary="Resets that did not reach AD; null: no such gate.",
    standard=True,
    parameters=(
        RESET_FAILURE_LIMIT,
        INCONCLUSIVE_LIMIT,
        RESET_WINDOW,
        threshold(0.2, "At most this share of the resets, from 0 to 1."),
        quiet_sample(
            5,
            "With fewer resets within the window the gate is inconclusive. Where nothing is said "
            "of it, the gate waits for 5 before it fails, and passes while none failed.",
        ),
    ),
    judge=_judge,
    watch=_watch,
    watched_back=WATCHED_BACK,
    condition=_condition,
    sample=Sample.RESETS,
    needs=frozenset({Need.RESETS, Need.WORKERS}),
    guide=Guide(
        threshold="at most {} of the resets",
        window="{} back",
        looks_at="resets by people in scope, of any wave, and the events of resets on the Entra "
        "Connect host",
        passes="at most the share could not be written to AD, by either; or none failed at all",
        fails="more, by either",
        inconclusive="fewer resets than `minimumSample`, by both; by default only if one failed",
        cause="the writeback's account, the host, or a policy in AD",
        remedy="`sspr doctor`; [a person says that the reset does not work]"
        "(#a-person-says-that-the-reset-does-not-work), from step 4",
    ),
)
