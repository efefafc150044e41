"""The rollout document: what it means, what is wrong with it and where, and its JSON Schema."""

import json
from datetime import date, time, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic.alias_generators import to_camel
from ruamel.yaml import YAML

from shared.contracts.documents.rollout.vocabulary import (
    ExcludedAttributesPart,
    ExtensionAttributesPart,
)
from shared.contracts.documents.rollout_document import InvalidDocument, findings, json_schema, read
from shared.contracts.documents.yaml_text import parse
from shared.domain.person.documented_methods import DOCUMENTED_RULES
from shared.domain.person.kinds import KindRule, TraitRule
from shared.domain.person.methods import MethodRule
from shared.domain.person.people import Attribute, Trait
from shared.domain.person.policy import AttributeRule, TenantRules, Topology
from shared.domain.rollout.calendar import Calendar, Freeze
from shared.domain.rollout.document import Count, DriftAction, GroupRing, Limit, Ring, Share
from shared.domain.rollout.gate import Gate
from shared.domain.rollout.gates.registry import GATES
from tests.support.repository import ROOT

DOCS = ROOT / "docs"
EXAMPLES = sorted((DOCS / "examples").glob("*.yaml"))
FULL = (DOCS / "examples/full.yaml").read_text()
SMALL = (DOCS / "examples/small.yaml").read_text()
VALIDATOR = jsonschema_rs.Draft202012Validator(json_schema())

GROUP = "2f7c1c6e-6a5e-4a07-9f0c-2c8d6a1b7e01"
OTHER = "2f7c1c6e-6a5e-4a07-9f0c-2c8d6a1b7e02"
ANN = "5d0a8c3e-2b57-4a35-9a41-0f1c6d2e7b11"

BASE = f"""\
schema: sspr-rollout/rollout/1
name: contoso
scope:
  group: {GROUP}
  topology: nested
waves:
  - name: pilot
    people: [{ANN}]
  - name: all
    percent: 100
"""
DIGEST_OF_BASE = "a7a103b13fc127c6af747506f004c6c27b8d68a033d4c55a9df823a4efeaeb41"
KIND = "exclude: {kinds: [{name: rooms"


def plain(text: str) -> Any:
    node, found = parse(text)
    assert node is not None
    assert found == []
    return node.plain()


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def told(text: str) -> list[tuple[int, str]]:
    return [(one.line, one.field) for one in findings(text)]


# What it means


def test_every_word_of_the_full_example_becomes_a_value() -> None:
    document = read(FULL)
    assert (document.name, document.salt) == ("contoso-2026", "contoso-2026")
    assert (document.scope_group_id, document.topology) == (GROUP, Topology.NESTED)
    assert document.population_group_ids == {OTHER}
    assert document.excluded_group_ids == {"2f7c1c6e-6a5e-4a07-9f0c-2c8d6a1b7e03"}
    assert document.excluded_attributes == (
        AttributeRule(Attribute.DEPARTMENT, frozenset({"legal"})),
        AttributeRule(Attribute.EMPLOYEE_TYPE, frozenset({"contractor", "intern"})),
        AttributeRule(Attribute.USAGE_LOCATION, frozenset({"no"})),
    )
    assert document.excluded_object_ids == {"5d0a8c3e-2b57-4a35-9a41-0f1c6d2e7b21"}
    assert document.excluded_kinds == (
        KindRule(
            "rooms",
            (
                TraitRule(Trait.USER_PRINCIPAL_NAME, ("room-*@contoso.com",)),
                TraitRule(Trait.DISPLAY_NAME, ("meeting room *",)),
            ),
        ),
        KindRule(
            "service accounts",
            (
                TraitRule(Trait.CREATION_TYPE, ("localaccount",)),
                TraitRule(Trait.EXTENSION_5, ("svc*",)),
            ),
        ),
    )
    assert not document.external_members
    assert document.new_hires_since == date(2026, 11, 1)
    assert document.balance is Attribute.DEPARTMENT
    assert (document.additions, document.removals) == (Limit(1.0, None), Limit(0.05, 500))
    assert document.on_removed_by_hand is DriftAction.REPAIR
    assert document.on_added_by_hand is DriftAction.REPORT
    assert document.evaluate_every == timedelta(minutes=5)


def test_each_wave_selects_in_its_own_way_and_soaks_for_its_own_time() -> None:
    waves = read(FULL).waves
    assert [(wave.name, wave.soak.days) for wave in waves] == [
        ("pilot", 2),
        ("service desk", 1),
        ("first hundred", 3),
        ("25 %", 7),
        ("everyone", 1),
    ]
    pilot, desk, hundred, quarter, everyone = [wave.selection for wave in waves]
    assert isinstance(pilot, Ring)
    assert len(pilot.object_ids) == 3
    assert desk == GroupRing("2f7c1c6e-6a5e-4a07-9f0c-2c8d6a1b7e04")
    assert (hundred, quarter, everyone) == (Count(100), Share(0.25), Share(1.0))


def test_a_wave_has_the_calendar_s_hours_or_its_own_and_the_freezes_either_way() -> None:
    pilot, desk, *_ = read(FULL).waves
    freezes = (
        Freeze(date(2026, 12, 18), date(2027, 1, 6), "Year end"),
        Freeze(date(2027, 3, 29), date(2027, 4, 2), "Quarter close"),
    )
    assert pilot.calendar == Calendar(time_zone="Europe/Berlin", freezes=freezes)
    assert desk.calendar == Calendar(
        time_zone="Europe/Berlin",
        days=frozenset({0, 1, 2, 3}),
        opens=time(9),
        closes=time(16),
        freezes=freezes,
    )


def test_what_a_reset_asks_for_lies_on_what_microsoft_documents() -> None:
    policy = read(FULL).governs(TenantRules(scope_group_id=GROUP))
    rules = policy.resets
    assert rules.required == 2
    assert rules.methods["mobilePhone"] == MethodRule(until=date(2027, 7, 1))
    assert rules.methods["microsoftAuthenticatorPush"] == MethodRule(alone=False)
    assert rules.methods["newMethod"] == MethodRule(since=date(2027, 3, 1))
    assert rules.methods["email"] == DOCUMENTED_RULES.methods["email"]
    said_nothing = read(BASE).governs(TenantRules(scope_group_id=GROUP))
    assert said_nothing.resets == DOCUMENTED_RULES


def test_what_is_said_of_resets_is_part_of_the_digest_only_where_something_is_said() -> None:
    same = read(BASE + "resets: {methodsRequired: 1, methods: {}}\n")
    assert same.digest == read(BASE).digest
    assert read(BASE + "resets: {methodsRequired: 2}\n").digest != read(BASE).digest


def test_a_document_that_says_nothing_of_samples_has_the_digest_that_it_always_had() -> None:
    # As it was computed before any gate had a sample of its own by default.
    assert read(BASE).digest == DIGEST_OF_BASE

    def digest(sample: str) -> str:
        return read(f"{BASE}gates: {{writebackFailures: {{{sample}}}}}\n").digest

    assert digest("threshold: 0.2") == DIGEST_OF_BASE
    said = {digest(f"minimumSample: {number}") for number in (0, 1, 5)}
    assert len(said | {DIGEST_OF_BASE}) == 4


def test_a_sample_that_is_said_is_waited_for() -> None:
    text = BASE + "gates: {writebackFailures: {minimumSample: 5}, blockedResets: {}}\n"
    gates = {gate.kind: gate for gate in read(text).waves[0].gates}
    assert not gates["writebackFailures"].quiet_passes
    assert (gates["blockedResets"].minimum_sample, gates["blockedResets"].quiet_passes) == (
        20,
        True,
    )
    assert not any(gates[kind].quiet_passes for kind in ("visible", "backlog", "sync"))


def test_without_gates_the_standard_ones_hold_and_no_reset_is_no_obstacle() -> None:
    gates = {gate.kind: gate for gate in read(BASE).waves[0].gates}
    assert gates.keys() == {name for name, kind in GATES.items() if kind.standard}
    assert "preflight" not in gates
    assert gates["visible"].threshold == 0.95
    assert (gates["writebackFailures"].minimum_sample, gates["writebackFailures"].quiet_passes) == (
        5,
        True,
    )
    assert gates["workerAlive"].window == timedelta(minutes=10)
    assert gates["backlog"] == Gate(
        kind="backlog",
        threshold=0,
        window=timedelta(),
        minimum_sample=0,
        failure_limit=3,
    )


def test_a_wave_s_gates_lie_on_the_document_s_and_those_on_the_standard_ones() -> None:
    text = (
        BASE
        + """\
    gates: {registered: {threshold: 0.5}, visible: null, backlog: {failureLimit: 7}}
gates:
  registered: {threshold: 0.2, window: P1DT12H}
  effective: null
  backlog: {threshold: 20}
"""
    )
    pilot, everyone = ({gate.kind: gate for gate in wave.gates} for wave in read(text).waves)
    assert "visible" in pilot
    assert "visible" not in everyone
    assert "effective" not in pilot
    assert pilot["registered"].threshold == 0.2
    assert everyone["registered"].threshold == 0.5
    assert everyone["registered"].window == timedelta(days=1, hours=12)
    assert everyone["backlog"].threshold == 20
    assert (pilot["backlog"].failure_limit, everyone["backlog"].failure_limit) == (
        3,
        7,
    )


def test_a_limit_that_is_given_in_part_keeps_its_other_half() -> None:
    document = read(BASE + "safety: {removals: {share: 0.1}, additions: {people: 10}}")
    assert (document.additions, document.removals) == (Limit(1.0, 10), Limit(0.1, 500))


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("sun", {6}),
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("[mon, wed-thu]", {0, 2, 3}),
        ("sat-mon", {5, 6, 0}),
        ("mon-sun", set(range(7))),
        ("tue-mon", set(range(7))),
    ],
)
def test_days_are_listed_or_given_as_ranges_also_over_the_weekend(
    written: str, days: set[int]
) -> None:
    document = read(BASE + f"calendar: {{hours: {{days: {written}}}}}")
    assert document.waves[0].calendar.days == days


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_dates_and_times_may_be_quoted_or_not(quote: str) -> None:
    text = BASE + (
        "newHires: {since: _2026-11-01_}\n"
        "calendar: {hours: {from: _09:00_, to: _24:00_},"
        " freezes: [{from: _2026-12-18_, to: _2026-12-18_, reason: x}]}"
    ).replace("_", quote)
    document = read(text)
    assert document.new_hires_since == date(2026, 11, 1)
    assert document.waves[0].calendar == Calendar(
        opens=time(9), closes=None, freezes=(Freeze(date(2026, 12, 18), date(2026, 12, 18), "x"),)
    )


def test_object_ids_are_compared_as_the_directory_writes_them() -> None:
    assert read(BASE.replace(ANN, ANN.upper())).waves[0].selection == Ring(frozenset({ANN}))


def test_an_alias_stands_for_the_gates_that_it_names() -> None:
    text = BASE + "    gates: &strict {visible: {threshold: 1}}\ngates: *strict\n"
    assert all(wave.gates[0].threshold == 1 for wave in read(text).waves)


# What is wrong with it

TAIL = BASE.count("\n") + 1
"""The line of what is written after the base."""


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "reason"),
    [
        ("rollout/1", "rollout/2", 1, "schema", "write sspr-rollout/rollout/1"),
        ("name: contoso", "name: 2026", 2, "name", 'write it in quotes, "2026"'),
        ("name: contoso", "name: a/b", 2, "name", "at most 60 of the letters"),
        ("name: contoso\n", "", 1, "name", "it is missing"),
        ("name: contoso", "name:", 2, "name", "there is no value"),
        ("name: contoso", "name: [a]", 2, "name", "write text"),
        ("name: contoso", "name: contoso\nsatl: x", 3, "satl", "did you mean `salt`?"),
        ("  topology: nested\n", "", 4, "scope.topology", "it is missing"),
        ("nested", "nestd", 5, "scope.topology", "did you mean `nested`?"),
        (GROUP, "SSPR-Enabled", 4, "scope.group", "az ad group show"),
        (f"[{ANN}]", "[ann@contoso.com]", 8, "waves[0].people[0]", "--id ann@contoso.com --query"),
        (f"[{ANN}]", "['x;y@contoso.com']", 8, "waves[0].people[0]", "az ad user show --id UPN"),
        (f"[{ANN}]", "[]", 8, "waves[0].people", "name at least 1"),
        (f"[{ANN}]", ANN, 8, "waves[0].people", "write a list"),
        (f"[{ANN}]", f"\n    - {ANN}\n    -", 10, "waves[0].people[1]", "there is no value"),
        ("percent: 100", "percent: 101", 10, "waves[1].percent", "write at most 100"),
        ("percent: 100", "percent: 0", 10, "waves[1].percent", "write more than 0"),
        ("percent: 100", "percent: 5%", 10, "waves[1].percent", "write a number"),
        ("percent: 100", "count: 1.5", 10, "waves[1].count", "write a whole number"),
        ("percent: 100", "percent: 100\n    soak: 2 days", 11, "waves[1].soak", "such as 2w, 2d"),
        ("percent: 100", "percent: 100\n    soak: P53W", 11, "waves[1].soak", "from 0s to 366d"),
        ("percent: 100", "<<: {a: 1}\n    count: 9", 10, "waves[1].<<", "no merge keys"),
        ("    percent: 100\n", "", 9, "waves[1]", "say who is in this wave"),
        ("percent: 100", f"group: {GROUP}", 10, "waves[1].group", "this is the scope group"),
        ("percent: 100", "percent: 9\n    count: 5", 11, "waves[1].count", "`percent` says who"),
        ("name: all", "name: Pilot", 9, "waves[1].name", "an earlier wave is called 'pilot'"),
    ],
)
def test_a_mistake_is_told_with_its_line_its_field_and_what_to_write(
    old: str, new: str, line: int, field: str, reason: str
) -> None:
    assert old in BASE
    (found,) = findings(BASE.replace(old, new, 1))
    assert (found.line, found.field) == (line, field)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("tail", "field", "reason"),
    [
        ("newHires: {since: 2026-02-30}", "newHires.since", "no calendar has this day"),
        ("newHires: {since: 20261101}", "newHires.since", "such as 2026-11-01"),
        ("newHires: {since: 1601-01-01}", "newHires.since", "from 1970-01-01"),
        ("balance: deparment", "balance", "did you mean `department`?"),
        ("population: {groups: []}", "population.groups", "name at least 1"),
        (f"population: {{groups: [{GROUP}]}}", "population.groups[0]", "this is the scope group"),
        (f"exclude: {{groups: [{GROUP.upper()}]}}", "exclude.groups[0]", "this is the scope group"),
        (f"exclude: {{people: [{ANN.upper()}]}}", "waves[0].people[0]", "exclude.people names"),
        ("exclude: {departments: [12]}", "exclude.departments[0]", 'in quotes, "12"'),
        ("exclude: {departments: [true]}", "exclude.departments[0]", '"true" is text'),
        ("exclude: {departments: ['']}", "exclude.departments[0]", "at least 1 character"),
        ("exclude: {attributes: {employeType: []}}", "exclude.attributes.employeType", "did you"),
        ("exclude:", "exclude", "there is no value"),
        (f"{KIND}, employeeType: ['**']}}]}}", "exclude.kinds[0].employeeType[0]", "everybody"),
        (f"{KIND}}}]}}", "exclude.kinds[0]", "say by what it is recognised"),
        (
            f"{KIND}, employeeType: [x]}}, {{name: Rooms, displayName: [y]}}]}}",
            "exclude.kinds[1].name",
            "an earlier kind is called 'rooms'",
        ),
        ("calendar: {timeZone: Europe/Berln}", "calendar.timeZone", "`Europe/Berlin`?"),
        ("calendar: {timeZone: ../../etc}", "calendar.timeZone", "IANA time zone"),
        ("calendar: {timeZone: Europe}", "calendar.timeZone", "IANA time zone"),
        ("calendar: {hours: {days: [mon, tu]}}", "calendar.hours.days[1]", "mon, tue, wed"),
        ("calendar: {hours: {days: weekend}}", "calendar.hours.days", "mon, tue, wed"),
        ("calendar: {hours: {from: 9:00}}", "calendar.hours.from", "such as 09:00"),
        ("calendar: {hours: {from: '16:00', to: '09:00'}}", "calendar.hours.to", "have to begin"),
        ("calendar: {hours: {from: '24:00'}}", "calendar.hours.from", "have to begin"),
        (
            "calendar: {freezes: [{from: 2026-12-18, to: 2026-12-01, reason: x}]}",
            "calendar.freezes[0].to",
            "write 2026-12-18",
        ),
        ("gates: {visible: {threshold: 95}}", "gates.visible.threshold", "0.95 for 95 per cent"),
        ("gates: {visible: {window: P1D}}", "gates.visible.window", "there are failureLimit"),
        ("gates: {Visible: {}}", "gates.Visible", "did you mean `visible`?"),
        ("gates: {visible: true}", "gates.visible", "write its keys beneath it: failureLimit"),
        ("gates: {blockedResets: {window: P31D}}", "gates.blockedResets.window", "30 days"),
        ("gates: {visible: {minimumSample: 2}}", "waves[0].people", "adds at most 1"),
        ("evaluateEvery: PT1S", "evaluateEvery", "from 1m to 1d"),
        ("resets: {methodsRequired: 3}", "resets.methodsRequired", "write 1 or 2"),
        (
            "resets: {methods: {mobilePhone: {untill: 2027-07-01}}}",
            "resets.methods.mobilePhone.untill",
            "did you mean `until`?",
        ),
        (
            "resets: {methods: {a phone: {}}}",
            "resets.methods.a phone",
            "as the registration report",
        ),
        (
            "resets: {methods: {x: {from: 2027-02-01, until: 2027-02-01}}}",
            "resets.methods.x.until",
            "write a day after 2027-02-01",
        ),
        ("drift: {addedByHand: remove}", "drift.addedByHand", "write report or repair"),
        ("safety: {removals: {people: -1}}", "safety.removals.people", "write at least 0"),
        ("name: again", "name", "stands on line 2 already"),
    ],
)
def test_a_mistake_after_the_waves_is_told_likewise(tail: str, field: str, reason: str) -> None:
    (found,) = findings(BASE + tail)
    assert found.field == field
    assert found.line == (8 if field.startswith("waves") else TAIL)
    assert reason in found.reason


def test_percentages_and_counts_have_to_grow_and_nothing_comes_after_everybody() -> None:
    text = BASE.replace("percent: 100", "percent: 5") + (
        "  - {name: a, percent: 5}\n"
        "  - {name: b, count: 10}\n"
        "  - {name: c, count: 9}\n"
        "  - {name: d, percent: 100}\n"
        f"  - {{name: e, group: {OTHER}}}\n"
        "  - {name: f, percent: 100}\n"
    )
    assert told(text) == [
        (TAIL, "waves[2].percent"),
        (TAIL + 2, "waves[4].count"),
        (TAIL + 4, "waves[6]"),
    ]


def test_a_sample_is_held_against_what_a_count_adds_to_the_one_before() -> None:
    waves = (
        "  - {name: ten, count: 10}\n"
        "  - {name: twenty, count: 20, gates: {effective: {minimumSample: 11}}}\n"
        "  - {name: forty, count: 40, gates: {effective: {minimumSample: 20}}}\n"
    )
    text = BASE.replace("  - name: all\n    percent: 100\n", waves)
    assert told(text) == [(10, "waves[2].gates.effective.minimumSample")]


def test_a_group_that_is_both_meant_and_excluded_is_told_where_it_is_meant() -> None:
    text = BASE.replace("percent: 100", f"group: {OTHER}") + (
        f"exclude: {{groups: [{OTHER}]}}\npopulation: {{groups: [{OTHER}]}}\n"
    )
    assert told(text) == [(10, "waves[1].group"), (TAIL + 1, "population.groups[0]")]


def test_all_mistakes_of_all_kinds_are_told_at_once_by_line() -> None:
    text = """\
schema: sspr-rollout/rollout/1
name: contoso
name: twice
scope: {group: nowhere}
waves:
  - {name: pilot, people: [ann@contoso.com], gates: {visible: {threshold: 2}}}
  - {name: pilot, percent: 5, soak: !!str P1D}
  - {name: b, percent: 5, speed: 9}
  - just a word
  - {name: c}
calendar:
  hours: {from: "16:00", to: "09:00"}
  timeZone: Mars
drift:
"""
    assert told(text) == [
        (3, "name"),
        (4, "scope.topology"),
        (4, "scope.group"),
        (6, "waves[0].people[0]"),
        (6, "waves[0].gates.visible.threshold"),
        (7, "waves[1].name"),
        (7, "waves[1].soak"),
        (8, "waves[2].percent"),
        (8, "waves[2].speed"),
        (9, "waves[3]"),
        (10, "waves[4]"),
        (12, "calendar.hours.to"),
        (13, "calendar.timeZone"),
        (14, "drift"),
    ]


def test_the_error_carries_all_findings_and_speaks_of_the_first() -> None:
    with pytest.raises(InvalidDocument) as caught:
        read("a: 1")
    error = caught.value
    assert [one.field for one in error.findings] == ["a", "name", "schema", "scope", "waves"]
    assert (error.field, error.findings) == ("a", findings("a: 1"))
    assert str(error).startswith("a: there is no such key here")
    assert str(error).endswith("(line 1) (and 4 more)")


@pytest.mark.parametrize("text", ["", "null", "---", "5", "[]", "a: ["])
def test_what_is_no_mapping_is_refused_as_a_whole(text: str) -> None:
    (found,) = findings(text)
    assert (found.line, found.field) == (1, "(document)")


# The JSON Schema


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_taken_and_no_editor_underlines_anything(example: Path) -> None:
    text = example.read_text()
    assert findings(text) == ()
    VALIDATOR.validate(plain(text))


def test_the_full_example_names_every_key_of_the_document() -> None:
    def keys(value: Any) -> set[str]:
        if isinstance(value, list):
            return set().union(*map(keys, value))
        return set(value).union(*map(keys, value.values())) if isinstance(value, dict) else set()

    parts = [json_schema(), *json_schema()["$defs"].values()]
    known = {
        key
        for part in parts
        for key, value in part.get("properties", {}).items()
        if not value.get("deprecated")
    }
    others = set(ExcludedAttributesPart.model_json_schema()["properties"])
    others |= set(ExtensionAttributesPart.model_json_schema()["properties"])
    assert known - keys(plain(FULL)) <= others


def test_the_schema_refuses_a_wave_without_a_selection_or_with_two() -> None:
    for selection in ({}, {"count": 5, "percent": 5}):
        broken = plain(BASE) | {"waves": [{"name": "a"} | selection]}
        assert not VALIDATOR.is_valid(broken)


def test_attributes_and_gates_are_called_as_in_the_domain() -> None:
    assert {to_camel(name) for name in ExcludedAttributesPart.model_fields} == set(Attribute)
    older = {name for kind in GATES.values() for name in kind.older_names}
    assert set(json_schema()["$defs"]["Gates"]["properties"]) == set(GATES) | older


# Any text at all

SCALARS = st.none() | st.booleans() | st.integers(-3, 200) | st.floats(-1, 2)
WORDS = st.sampled_from(
    ["", "P1D", "PT0S", "09:00", "24:00", "2026-11-01", "mon", GROUP, ANN, "a b", "no", "ü", "UTC"]
)
VALUES = st.recursive(
    SCALARS | WORDS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["name", "percent", "count", "people", "window", "share", "x", "<<"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=4,
)


@st.composite
def changed_documents(draw: st.DrawFn) -> Any:
    """The full example with up to three values anywhere in it replaced, removed or added."""
    document = plain(FULL)
    for _ in range(draw(st.integers(1, 3))):
        change(draw, document)
    return document


def change(draw: st.DrawFn, document: Any) -> None:
    where = draw(st.sampled_from(list(containers(document))))
    places: list[Any] = sorted(where) if isinstance(where, dict) else [*range(len(where))]
    kind = draw(st.sampled_from(["replace", "remove", "add"]))
    if places and kind == "replace":
        where[draw(st.sampled_from(places))] = draw(VALUES)
    elif places and kind == "remove":
        del where[draw(st.sampled_from(places))]
    elif isinstance(where, dict):
        where[draw(st.sampled_from(["percent", "window", "hours", "Name", "x"]))] = draw(VALUES)
    else:
        where.append(draw(VALUES))


def containers(value: Any) -> list[Any]:
    if not isinstance(value, dict | list):
        return []
    inner = value.values() if isinstance(value, dict) else value
    return [value, *(found for one in inner for found in containers(one))]


@settings(deadline=None)
@given(changed_documents())
def test_whatever_is_changed_the_answer_is_a_document_or_findings_in_our_words(
    document: Any,
) -> None:
    text = as_json(document)
    found = findings(text)
    if found:
        assert found == tuple(sorted(found))
        assert not [one for one in found if "Input should" in one.reason]
        assert not [one for one in found if "None" in one.reason]
        with pytest.raises(InvalidDocument):
            read(text)
    else:
        assert read(text).digest
        VALIDATOR.validate(document)


@settings(deadline=None)
@given(st.data())
def test_a_text_that_was_cut_or_typed_into_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(FULL)))
    end = data.draw(st.integers(begin, min(len(FULL), begin + 20)))
    typed = data.draw(st.text("ab: -[]{}&*!|>'\"\n\t#,%\\5", max_size=5))
    text = FULL[:begin] + typed + FULL[end:]
    lines = text.count("\n") + 1
    assert all(1 <= one.line <= lines for one in findings(text))


# The digest


def test_comments_quotes_and_order_of_keys_do_not_change_the_digest() -> None:
    document = plain(FULL)
    reversed_keys = dict(reversed(document.items()))
    block = StringIO()
    YAML(typ="safe", pure=True).dump(reversed_keys, block)
    assert read(as_json(document)) == read(FULL)
    assert read(block.getvalue()) == read(FULL)


@settings(deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 9))
def test_reading_is_stable_whatever_the_layout(random: Any, width: int) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, list):
            return [shuffled(one) for one in value]
        if isinstance(value, dict):
            keys = sorted(value)
            random.shuffle(keys)
            return {key: shuffled(value[key]) for key in keys}
        return value

    text = json.dumps(shuffled(plain(FULL)), indent=random.choice([None, width]))
    assert read(f"# {width}\n{text}").digest == read(FULL).digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("salt: contoso", "# without"),
        ("evaluateEvery: PT5M", "evaluateEvery: PT300S"),
        ("evaluateEvery: PT5M", "calendar: {timeZone: UTC, hours: {days: [mon-sat, sun]}}"),
        ("exclude: {departments: [Legal]}", "exclude: {attributes: {department: [LEGAL]}}"),
        (f"exclude: {{groups: [{ANN}, {OTHER}]}}", f"exclude: {{groups: [{OTHER}, {ANN}]}}"),
        ("gates: {visible: {threshold: 0.95}}", "gates: {}"),
        ("gates: {effective: null}", "gates: {effective: ~, visible: {}}"),
        ("exclude: {externalMembers: true, kinds: []}", "# without"),
    ],
)
def test_two_ways_to_say_the_same_have_the_same_digest(one: str, other: str) -> None:
    assert read(BASE + one).digest == read(BASE + other).digest


@pytest.mark.parametrize(
    "tail",
    [
        "salt: other",
        f"population: {{groups: [{OTHER}]}}",
        "exclude: {departments: [Legal]}",
        "exclude: {externalMembers: false}",
        f"{KIND}, displayName: [r*]}}]}}",
        "newHires: {since: 2026-11-01}",
        "balance: department",
        "calendar: {timeZone: Europe/Berlin}",
        "calendar: {hours: {to: '16:00'}}",
        "calendar: {freezes: [{from: 2026-12-18, to: 2026-12-18, reason: x}]}",
        "gates: {visible: null}",
        "gates: {visible: {failureLimit: 2}}",
        "evaluateEvery: PT6M",
        "safety: {additions: {people: 5}}",
        "drift: {addedByHand: repair}",
    ],
)
def test_whatever_changes_the_meaning_changes_the_digest(tail: str) -> None:
    assert read(BASE + tail).digest != read(BASE).digest
