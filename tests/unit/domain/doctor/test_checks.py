"""The doctor's checks: what each says of which facts, and what it does not know."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from shared.domain.doctor.checks.registry import CHECKS
from shared.domain.doctor.evidence import Evidence, Untold
from shared.domain.doctor.finding import Finding, Verdict, registry_of, right, unknown, worst, wrong
from shared.domain.doctor.tenant_facts import (
    MethodsPolicy,
    Migration,
    PolicyMethod,
    RegistrationRule,
    Subscription,
)
from shared.domain.person.documented_methods import DOCUMENTED_RULES, SMS_AND_VOICE_END
from shared.domain.person.licences import BUSINESS_STANDARD, ENTRA_ID_P1
from shared.domain.person.methods import ResetChanges
from shared.domain.person.sync_mode import SyncMode
from shared.domain.rollout.cloud_sync import JobState, SyncJob
from shared.domain.rollout.connect_host import HostSight, HourOfWritebacks
from shared.domain.rollout.endings import Ending
from shared.domain.rollout.resets import Reset, ResetOutcome
from shared.domain.rollout.sspr_policy import PolicyChange, SettingChange
from tests.support.enrolments import NOW, SCOPE
from tests.support.waves import sight

RIGHT, WRONG, UNKNOWN = Verdict.RIGHT, Verdict.WRONG, Verdict.UNKNOWN
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOT_ALLOWED = Untold("not granted", "grant it")
HOST = HostSight(
    looked_at=NOW - MINUTE,
    version="2.5.190.0",
    staging=False,
    scheduler_enabled=True,
    scheduler_suspended=False,
    writeback_enabled=True,
    service="Running",
    events_since=NOW - DAY,
    heartbeat_at=NOW - 5 * MINUTE,
    started_at=NOW - DAY,
    events=((31002, 4), (31019, 288), (33008, 1), (31003, 1)),
    hours=(HourOfWritebacks(begins_at=NOW - 2 * HOUR, succeeded=4),),
)


def policy(*names: str, migration: Migration = Migration.COMPLETE, **ids: str) -> MethodsPolicy:
    """A policy with these methods enabled, for everybody or for the group that is given."""
    known = [PolicyMethod(name=name, is_enabled=True) for name in names]
    known += [
        PolicyMethod(name=name, is_enabled=True, group_ids=frozenset({group}))
        for name, group in ids.items()
    ]
    off = PolicyMethod(name="SoftwareOath", is_enabled=False)
    return MethodsPolicy(migration=migration, methods=(*known, off))


def evidence(host: HostSight | None = HOST, **changes: Any) -> Evidence:
    """A tenant in good health."""
    given = Evidence(
        since=NOW - 7 * DAY,
        changes_since=NOW - 7 * DAY,
        scope_group_id=SCOPE,
        needs_worker=True,
        rules=DOCUMENTED_RULES,
        unlicensed=0,
        workers=(sight(NOW, sync_mode=SyncMode.CONNECT, host=host),),
        subscriptions=(P1,),
        methods_policy=policy("MicrosoftAuthenticator", "TemporaryAccessPass"),
        endings=(Ending(what="directory-certificate", of="dc1", ends_at=NOW + 90 * DAY),),
    )
    return replace(given, **changes)


P1 = Subscription(
    name="AAD_PREMIUM",
    sku_id="p1",
    is_usable=True,
    bought=100,
    assigned=90,
    plan_ids=frozenset({ENTRA_ID_P1}),
)


def say(check: str, facts: Evidence) -> Finding | None:
    return CHECKS[check].judge(facts, NOW)


def verdict(check: str, facts: Evidence) -> Verdict | None:
    found = say(check, facts)
    return found.verdict if found else None


def test_a_tenant_and_a_host_in_good_health_have_nothing_wrong() -> None:
    found = {name: kind.judge(evidence(), NOW) for name, kind in CHECKS.items()}
    assert {name: one.verdict for name, one in found.items() if one} == dict.fromkeys(
        set(CHECKS) - {"cloudSync"}, RIGHT
    )
    assert not any(one.remedy for one in found.values() if one)


def test_whatever_could_not_be_asked_is_unknown_and_says_how_it_could_be() -> None:
    facts = evidence(
        subscriptions=NOT_ALLOWED,
        methods_policy=NOT_ALLOWED,
        registration=NOT_ALLOWED,
        policy_changes=NOT_ALLOWED,
        resets=NOT_ALLOWED,
    )
    for check in ("licences", "methods", "migration", "registration", "policyChanges", "writeback"):
        assert say(check, facts) == Finding(UNKNOWN, "not granted", "grant it")


def change(after: str, name: str = "EnablementType", activity: str = "Update SSPR") -> PolicyChange:
    return PolicyChange(
        at=NOW - DAY, activity=activity, settings=(SettingChange(name, "1", after),)
    )


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ((), RIGHT, "no change"),
        ((change("0"),), WRONG, "EnablementType from 1 to 0"),
        ((change("2"),), WRONG, "1 change"),
        ((change("0"), change("1")), UNKNOWN, "2 changes"),
        ((change("other", "PasswordResetEnabledGroupIds"),), WRONG, "to other"),
        ((change(SCOPE, "PasswordResetEnabledGroupIds"),), UNKNOWN, SCOPE),
        ((change("2", "NumberOfMethods"),), UNKNOWN, "NumberOfMethods from 1 to 2"),
        (tuple(change("1", activity=f"a{n}") for n in range(9)), UNKNOWN, "and 4 earlier"),
    ],
)
def test_a_change_of_ssprs_settings_is_told_with_old_and_new_values(
    changes: tuple[PolicyChange, ...], expected: Verdict, said: str
) -> None:
    found = say("policyChanges", evidence(policy_changes=changes))
    assert found
    assert (found.verdict, said in found.text) == (expected, True)


def tried(*outcomes: ResetOutcome) -> tuple[Reset, ...]:
    return tuple(Reset(NOW - HOUR, str(number), one) for number, one in enumerate(outcomes))


SILENT = replace(HOST, hours=())
FAILED, SUCCEEDED = ResetOutcome.WRITEBACK_FAILED, ResetOutcome.SUCCEEDED


@pytest.mark.parametrize(
    ("host", "resets", "expected"),
    [
        (HOST, (), RIGHT),
        (SILENT, (), UNKNOWN),
        # Of a person of the cloud, perhaps: it proves nothing of AD.
        (SILENT, tried(SUCCEEDED), UNKNOWN),
        (HOST, tried(SUCCEEDED, FAILED), WRONG),
        (replace(HOST, looked_at=NOW - DAY), (), UNKNOWN),
    ],
)
def test_writeback_is_proved_by_what_was_written_and_by_nothing_else(
    host: HostSight, resets: tuple[Reset, ...], expected: Verdict
) -> None:
    assert verdict("writeback", evidence(host, resets=resets)) is expected


@pytest.mark.parametrize(
    ("changes", "unlicensed", "expected"),
    [
        ({}, 0, RIGHT),
        ({}, None, UNKNOWN),
        ({}, 3, WRONG),
        ({"is_usable": False}, 0, WRONG),
        ({"bought": 0}, 0, WRONG),
        ({"assigned": 101}, 0, WRONG),
        ({"plan_ids": frozenset()}, 0, WRONG),
        ({"plan_ids": frozenset(), "sku_id": BUSINESS_STANDARD}, 0, RIGHT),
    ],
)
def test_licences_are_right_where_some_are_usable_and_nobody_lacks_one(
    changes: dict[str, Any], unlicensed: int | None, expected: Verdict
) -> None:
    facts = evidence(subscriptions=(replace(P1, **changes),), unlicensed=unlicensed)
    assert verdict("licences", facts) is expected


@pytest.mark.parametrize(
    ("enabled", "required", "on", "expected"),
    [
        (policy("MicrosoftAuthenticator"), 1, NOW.date(), RIGHT),
        (policy("Email", "SoftwareOath"), 2, NOW.date(), RIGHT),
        (policy("Email"), 2, NOW.date(), WRONG),
        (policy("Fido2", "TemporaryAccessPass"), 1, NOW.date(), WRONG),
        (policy("Sms", "Voice"), 1, SMS_AND_VOICE_END - 200 * DAY, RIGHT),
        (policy("Sms", "Voice"), 1, SMS_AND_VOICE_END - 60 * DAY, WRONG),
        (policy("Sms", "Email"), 1, SMS_AND_VOICE_END - 60 * DAY, RIGHT),
        (policy("Sms"), 1, SMS_AND_VOICE_END, WRONG),
        (policy(Email=SCOPE), 1, NOW.date(), RIGHT),
        (policy(Email="another"), 1, NOW.date(), UNKNOWN),
    ],
)
def test_methods_have_to_count_to_last_and_to_be_for_whoever_is_in_scope(
    enabled: MethodsPolicy, required: int, on: date, expected: Verdict
) -> None:
    rules = DOCUMENTED_RULES.changed_by(ResetChanges(required=required))
    facts = evidence(methods_policy=enabled, rules=rules)
    then = NOW.replace(year=on.year, month=on.month, day=on.day)
    found = CHECKS["methods"].judge(facts, then)
    assert found
    assert found.verdict is expected, found.text


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (Migration.COMPLETE, RIGHT),
        (Migration.IN_PROGRESS, WRONG),
        (Migration.NOT_BEGUN, WRONG),
        (Migration.UNKNOWN, UNKNOWN),
    ],
)
def test_a_migration_that_is_not_complete_leaves_a_policy_that_nobody_can_read(
    state: Migration, expected: Verdict
) -> None:
    assert verdict("migration", evidence(methods_policy=policy(migration=state))) is expected


def rule(*controls: str, for_everybody: bool = True) -> RegistrationRule:
    return RegistrationRule(
        name="register", controls=frozenset(controls), for_everybody=for_everybody
    )


PASS = policy("MicrosoftAuthenticator", "TemporaryAccessPass")
NO_PASS = policy("MicrosoftAuthenticator")


@pytest.mark.parametrize(
    ("rules", "methods", "expected"),
    [
        ((), NO_PASS, RIGHT),
        ((rule("mfa"),), PASS, RIGHT),
        ((rule("mfa"),), NO_PASS, WRONG),
        ((rule("mfa"),), NOT_ALLOWED, UNKNOWN),
        ((rule("block"),), PASS, WRONG),
        ((rule("block", for_everybody=False),), PASS, UNKNOWN),
        ((rule("compliantDevice"),), PASS, UNKNOWN),
    ],
)
def test_whoever_has_no_method_has_to_have_a_way_to_register_one(
    rules: tuple[RegistrationRule, ...], methods: MethodsPolicy | Untold, expected: Verdict
) -> None:
    facts = evidence(registration=rules, methods_policy=methods)
    assert verdict("registration", facts) is expected


@pytest.mark.parametrize(
    ("check", "changes", "expected"),
    [
        ("host", {"problem": "unreachable: no route"}, WRONG),
        ("host", {"looked_at": NOW - 4 * HOUR}, UNKNOWN),
        ("hostVersion", {"version": "2.5.79.0"}, RIGHT),
        ("hostVersion", {"version": "2.5.78.9"}, WRONG),
        ("hostVersion", {"version": "2.5"}, WRONG),
        ("hostVersion", {"version": None}, UNKNOWN),
        ("hostVersion", {"version": "new"}, UNKNOWN),
        ("hostScheduler", {"staging": True}, WRONG),
        ("hostScheduler", {"scheduler_enabled": False}, WRONG),
        ("hostScheduler", {"scheduler_suspended": True}, WRONG),
        ("hostScheduler", {"staging": None}, UNKNOWN),
        ("hostWriteback", {"writeback_enabled": False}, WRONG),
        ("hostWriteback", {"writeback_enabled": None}, UNKNOWN),
        ("hostService", {"service": "Stopped"}, WRONG),
        ("hostService", {"stopped_at": NOW - HOUR}, WRONG),
        ("hostService", {"stopped_at": NOW - 2 * DAY}, RIGHT),
        ("hostService", {"stopped_at": NOW - HOUR, "started_at": None}, WRONG),
        ("hostService", {"heartbeat_at": None}, WRONG),
        ("hostService", {"heartbeat_at": NOW - 3 * HOUR}, UNKNOWN),
        ("hostService", {"events_since": None, "heartbeat_at": None}, UNKNOWN),
        ("hostEvents", {"events": ()}, RIGHT),
        ("hostEvents", {"events": ((31003, 2), (33008, 2))}, RIGHT),
        ("hostEvents", {"events": ((31003, 3), (33008, 2))}, WRONG),
        ("hostEvents", {"events": ((31044, 1),)}, WRONG),
        ("hostEvents", {"events": ((32009, 1),)}, WRONG),
        ("hostEvents", {"events_since": None}, UNKNOWN),
    ],
)
def test_the_host_is_judged_by_what_it_says_of_itself(
    check: str, changes: dict[str, Any], expected: Verdict
) -> None:
    assert verdict(check, evidence(replace(HOST, **changes))) is expected


HOST_CHECKS = [name for name in CHECKS if name.startswith("host")]


@pytest.mark.parametrize("check", HOST_CHECKS)
@pytest.mark.parametrize(
    "host", [None, replace(HOST, looked_at=NOW - DAY), replace(HOST, problem="hangs")]
)
def test_a_host_that_was_not_seen_lately_is_never_right(check: str, host: HostSight | None) -> None:
    assert verdict(check, evidence(host)) in {UNKNOWN, WRONG}


def test_of_several_hosts_the_worst_is_told_and_one_that_was_replaced_does_not_count() -> None:
    good = sight(NOW, worker="a", host=HOST)
    staging = sight(NOW - MINUTE, worker="b", host=replace(HOST, staging=True))
    assert verdict("hostScheduler", evidence(workers=(good, staging))) is WRONG
    gone = replace(staging, seen_at=NOW - 2 * HOUR)
    assert verdict("hostScheduler", evidence(workers=(good, gone))) is RIGHT


def checks_that_speak(facts: Evidence) -> set[str]:
    return {name for name, kind in CHECKS.items() if kind.judge(facts, NOW)}


def test_where_no_worker_belongs_to_the_topology_nothing_is_said_of_writeback_or_a_host() -> None:
    assert checks_that_speak(evidence(needs_worker=False, workers=(), endings=())) == {
        *("policyChanges", "licences", "methods", "migration", "registration"),
    }


def test_a_worker_that_was_never_heard_of_leaves_the_host_unknown() -> None:
    assert verdict("host", evidence(workers=())) is UNKNOWN


def test_of_a_host_that_workers_do_not_ask_nothing_is_claimed() -> None:
    left = evidence(workers=(sight(NOW, sync_mode=SyncMode.NONE),))
    assert checks_that_speak(left) & set(HOST_CHECKS) == {"host"}
    assert verdict("host", left) is UNKNOWN


JOB = SyncJob(name="AD2AAD.1", state=JobState.ACTIVE, ended_at=NOW - MINUTE)


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        ((JOB,), RIGHT),
        ((JOB, replace(JOB, state=JobState.QUARANTINE, trouble="Bad")), WRONG),
        ((replace(JOB, failed=True),), WRONG),
        ((), UNKNOWN),
        (NOT_ALLOWED, UNKNOWN),
    ],
)
def test_of_cloud_sync_its_jobs_are_told_and_what_nobody_can_ask(
    jobs: tuple[SyncJob, ...] | Untold, expected: Verdict
) -> None:
    cloud = (sight(NOW, sync_mode=SyncMode.CLOUD),)
    facts = evidence(workers=cloud, cloud_jobs=jobs)
    assert verdict("cloudSync", facts) is expected
    assert not checks_that_speak(facts) & set(HOST_CHECKS)


def test_wrong_counts_before_unknown_and_unknown_before_right() -> None:
    def of(findings: Iterable[Finding]) -> Verdict:
        return worst(findings)

    assert of([]) is of([right("a")]) is RIGHT
    assert of([right("a"), unknown("b")]) is UNKNOWN
    assert of([unknown("b"), wrong("c", "d"), right("a")]) is WRONG


def test_every_check_has_a_page_it_goes_by_and_a_name_of_its_own() -> None:
    for kind in CHECKS.values():
        assert kind.source.startswith("https://learn.microsoft.com/")
        assert kind.asks.endswith("?")
    with pytest.raises(ValueError, match="two checks"):
        registry_of(*CHECKS.values(), *CHECKS.values())


def ending(days: float | None, of: str = "dc1", **changes: Any) -> Ending:
    ends_at = None if days is None else NOW + days * DAY
    return Ending(
        what="directory-certificate", of=of, ends_at=ends_at, whose="worker w1", **changes
    )


@pytest.mark.parametrize(
    ("endings", "verdict", "text"),
    [
        ((ending(31), ending(90, "dc2")), RIGHT, "the first to end, .* of dc1 .* in 31 days"),
        ((ending(None, why="never-ends"),), RIGHT, "nothing that was looked at has an end"),
        ((ending(90), ending(29, "dc2")), WRONG, "of dc2 .* in 29 days$"),
        ((ending(-3),), WRONG, "of dc1 .* ended on .*, 3 days ago"),
        (
            (ending(90), ending(None, "dc2", why="unknown", detail="no answer")),
            UNKNOWN,
            "of dc2: no answer",
        ),
    ],
)
def test_what_ends_is_wrong_a_month_before_and_unknown_where_nobody_could_look(
    endings: tuple[Ending, ...], verdict: Verdict, text: str
) -> None:
    found = CHECKS["endings"].judge(evidence(endings=endings), NOW)
    assert found
    assert found.verdict is verdict
    assert re.search(text, found.text), found.text


def test_where_nothing_is_known_to_end_there_is_no_such_check() -> None:
    """A worker of before tells nothing, and a tenant without a worker has none."""
    assert CHECKS["endings"].judge(evidence(endings=()), NOW) is None
