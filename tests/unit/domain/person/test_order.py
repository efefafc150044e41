"""Properties of the first decision: copies, disorder and other people's memberships."""

from dataclasses import replace
from datetime import timedelta
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.person.enrolment import Enrolment, Provenance, State
from shared.domain.person.onboarding import decide
from shared.domain.person.policy import Policy
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Action, Lookup, Request
from shared.domain.person.verification import Observation, verify
from shared.domain.person.write_results import record
from shared.domain.person.writes import ScopeAction, WriteOutcome, WriteResult
from tests.support.enrolments import (
    CLOUD_ANNA,
    CLOUD_ONLY,
    DAY,
    IN_SCOPE,
    NOBODY,
    NOW,
    POLICY,
    SCOPE,
    SYNCED_ANNA,
    SYNCED_ONLY,
    enrolment,
    found,
    request,
)

ASKING = [Action.ONBOARD, Action.OFFBOARD]
COMING = IN_SCOPE | {State.REQUESTED, State.WAITING}
MOMENTS = st.integers(0, 10_000).map(lambda minutes: NOW - timedelta(minutes=minutes))
DATES = st.none() | st.integers(-9, 9).map(lambda days: NOW + days * DAY)
REQUESTS = st.builds(
    request,
    st.sampled_from(ASKING),
    occurred_at=MOMENTS,
    effective_date=DATES,
    key=st.sampled_from(["event-1", "event-2"]),
)
FINDINGS = st.sampled_from(
    [
        NOBODY,
        found(CLOUD_ANNA),
        found(SYNCED_ANNA),
        found(CLOUD_ANNA, SCOPE),
        found(SYNCED_ANNA, SCOPE),
        found(replace(CLOUD_ANNA, guest=True)),
        Lookup((CLOUD_ANNA, SYNCED_ANNA)),
    ]
)
ELIGIBLE = st.sampled_from([NOBODY, found(CLOUD_ANNA), found(SYNCED_ANNA)])
POLICIES = st.sampled_from([POLICY, CLOUD_ONLY, SYNCED_ONLY])
CURRENT = st.none() | st.builds(
    enrolment,
    st.sampled_from(State),
    st.sampled_from(Provenance),
    event_time=MOMENTS,
    command_key=st.sampled_from([None, "command-1"]),
    reason=st.sampled_from([Reason.ONBOARDED, Reason.NOT_IN_ANY_DIRECTORY, Reason.GUEST]),
)


def lasting(one: Enrolment) -> Enrolment:
    """Without the two fields that say when somebody who waits is looked for next."""
    return replace(one, due=None, attempts=0)


@given(REQUESTS, FINDINGS, CURRENT, POLICIES)
def test_deciding_twice_gives_what_deciding_once_gave(
    asked: Request, finding: Lookup, current: Enrolment | None, policy: Policy
) -> None:
    once = decide(asked, finding, current, policy, NOW)
    assert lasting(decide(asked, finding, once, policy, NOW)) == lasting(once)


@st.composite
def deliveries(draw: st.DrawFn) -> list[Request]:
    """Events with distinct times, in any order, each once or more."""
    times = draw(st.lists(MOMENTS, min_size=1, max_size=6, unique=True))
    events = [
        request(draw(st.sampled_from(ASKING)), key=f"event-{number}", occurred_at=time)
        for number, time in enumerate(times)
    ]
    copies = draw(st.lists(st.sampled_from(events), max_size=6))
    return draw(st.permutations(events + copies))


def outcome(events: list[Request], finding: Lookup, policy: Policy) -> Enrolment:
    current: Enrolment | None = None
    for event in events:
        current = decide(event, finding, current, policy, NOW)
    assert current is not None
    return current


@given(deliveries(), ELIGIBLE, st.sampled_from([POLICY, CLOUD_ONLY]), st.booleans())
def test_in_any_order_with_any_copies_the_newest_event_says_who_is_in(
    events: list[Request], finding: Lookup, policy: Policy, redelivered: bool
) -> None:
    in_order = sorted(events, key=lambda one: one.occurred_at)
    after = outcome(events + in_order if redelivered else events, finding, policy)
    newest = in_order[-1]
    assert (after.state in COMING) == (newest.action is Action.ONBOARD)
    assert after.event_time == newest.occurred_at


@given(deliveries(), FINDINGS, POLICIES)
def test_the_time_of_the_newest_event_never_goes_back(
    events: list[Request], finding: Lookup, policy: Policy
) -> None:
    ends = [outcome(events[: end + 1], finding, policy) for end in range(len(events))]
    newest = accumulate((one.occurred_at for one in events), max)
    assert [end.event_time for end in ends] == list(newest)


ANSWERS = st.builds(
    WriteResult,
    change=st.sampled_from(ScopeAction),
    outcome=st.sampled_from(WriteOutcome),
    reason=st.sampled_from([None, Reason.COMMAND_EXPIRED, Reason.PROTECTED]),
    command_key=st.sampled_from([None, "command-1"]),
)
LOOKS = st.builds(Observation, member=st.sampled_from([None, False, True]))


@given(
    st.lists(st.tuples(REQUESTS, FINDINGS) | ANSWERS | LOOKS | st.just("issue"), max_size=12),
    POLICIES,
)
def test_nobody_whose_membership_is_somebody_elses_is_ever_being_taken_out(
    happenings: list[tuple[Request, Lookup] | WriteResult | Observation | str], policy: Policy
) -> None:
    current: Enrolment | None = None
    now = NOW
    for happening in happenings:
        now += timedelta(hours=2)
        if isinstance(happening, tuple):
            asked, finding = happening
            asked = replace(asked, occurred_at=now)
            current = decide(asked, finding, current, policy, now)
        elif current is None:
            continue
        elif isinstance(happening, WriteResult):
            current = record(current, happening, policy, now)
        elif isinstance(happening, Observation):
            current = verify(current, happening, policy, now)
        else:
            current = replace(current, command_key="command-1")
        preexisting = current and current.provenance is Provenance.PREEXISTING
        leaving = current and current.state is State.WITHDRAWING
        assert not (current and leaving and preexisting and current.awaits_write)
