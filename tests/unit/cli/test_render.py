"""What operators see of the API's views."""

import io
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console, Group, RenderableType

from cli.render import people as people_tables
from cli.render import totals
from cli.render.layout import elapsed, percent
from cli.render.people import accepted_view
from cli.render.states import WIDTH, bar, legend
from shared.contracts.api.event_views import EventView, ReceiptView
from shared.contracts.api.people_views import PersonView
from shared.contracts.api.status_views import StatusView, VersionView
from shared.domain.person.enrolment import State

PERSON: dict[str, Any] = {
    "key": "8cd9f1fe-6d1a-5836-a72a-f14a46e9eb4a",
    "userPrincipalName": "grace@contoso.test",
    "employeeId": "100002",
    "state": "visible",
    "reason": "seen-in-entra",
    "flag": "not-effective",
    "since": "2026-03-02T09:05:04+01:00",
    "reached": ["requested", "waiting", "applied", "visible"],
    "final": False,
    "text": "The membership is seen in Entra.",
    "flagText": "A member, but the report does not show the person as enabled.",
    "objectId": "8cd9f1fe-6d1a-5836-a72a-f14a46e9eb4a",
    "sourceAnchor": None,
    "sourceOfAuthority": "cloud",
    "provenance": "ours",
    "cause": {"kind": "event", "reference": "first day", "actor": "hr"},
    "claims": [],
    "exclusion": None,
    "due": None,
    "deadline": None,
    "steps": [
        {
            "at": "2026-03-02T08:00:00.500000+00:00",
            "state": "requested",
            "reason": "onboarded",
            "text": "An onboarding event asked for this person.",
            "detail": "cc2e021a",
        },
        {
            "at": "2026-03-02T09:05:04.500000+01:00",
            "state": "visible",
            "reason": "seen-in-entra",
            "text": "The membership is seen in Entra.",
            "detail": "",
        },
    ],
}
REFUSED: dict[str, Any] = {
    "key": "k1",
    "queue": "onboarding-events",
    "at": "2026-03-02T08:00:00+00:00",
    "outcome": "invalid",
    "text": "The message could not be understood; see the field.",
    "personKey": None,
    "field": "employeeId",
    "detail": "String should match pattern",
    "body": '{"employeeId": "*"}',
}


def people_view(people: list[dict[str, Any]]) -> RenderableType:
    return people_tables.people_view([PersonView.model_validate(one) for one in people])


def event_view(event: dict[str, Any]) -> RenderableType:
    return people_tables.event_view(EventView.model_validate(event))


def totals_view(status: dict[str, Any]) -> RenderableType:
    return totals.totals_view(StatusView.model_validate(status))


def refused_view(refused: list[dict[str, Any]], *, bodies: bool) -> RenderableType:
    read = [ReceiptView.model_validate(one) for one in refused]
    return totals.refused_view(read, bodies=bodies)


def shown(view: RenderableType) -> str:
    console = Console(record=True, width=200, file=io.StringIO(), color_system=None)
    console.print(view)
    return console.export_text()


def line_with(text: str, view: RenderableType) -> str:
    return next(line for line in shown(view).splitlines() if text in line)


def test_a_person_has_a_header_with_state_cause_provenance_and_flag() -> None:
    view = people_view([PERSON])
    assert "grace@contoso.test" in line_with("person ", view)
    assert "event by hr: first day" in line_with("cause", view)
    assert "ours, written to cloud" in line_with("membership  ", view)
    assert "not-effective: A member, but" in line_with("flag", view)
    assert "deadline" not in shown(view)


def test_a_person_shows_each_hold_and_the_bar_with_who_why_and_until_when() -> None:
    by_hand = {"kind": "override", "reference": "asked for", "actor": "kim"}
    wave = {"kind": "wave", "reference": "five", "actor": "clock"}
    view = people_view(
        [
            {
                **PERSON,
                "claims": [
                    {"cause": wave, "until": None, "over": False},
                    {"cause": by_hand, "until": "2026-04-01T02:00:00+02:00", "over": False},
                ],
                "exclusion": {
                    "reason": "excluded-by-operator",
                    "text": "An operator keeps this person out.",
                    "detail": "on leave",
                    "actor": "lee",
                    "until": "2026-03-01T00:00:00Z",
                    "over": True,
                },
            }
        ]
    )
    assert "claimed by" in line_with("wave by the app: five", view)
    assert "override by kim: asked for, until 2026-04-01 00:00:00 UTC" in shown(view)
    ended = "excluded-by-operator by lee: on leave, ended 2026-03-01 00:00:00 UTC"
    assert ended in line_with("kept out", view)
    assert "claimed by" not in shown(people_view([PERSON]))
    assert "kept out" not in shown(people_view([PERSON]))


def test_each_step_shows_its_time_in_utc_and_how_long_after_the_first_it_was() -> None:
    first = line_with("An onboarding event asked", people_view([PERSON]))
    assert "2026-03-02 08:00:00  +0.0 s" in first
    assert "requested" in first
    assert "cc2e021a" in first
    last = shown(people_view([PERSON])).rstrip().splitlines()[-1]
    assert last.split()[:6] == ["2026-03-02", "08:05:04", "+5", "min", "04", "s"]


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(), "+0.0 s"),
        (timedelta(seconds=59.94), "+59.9 s"),
        (timedelta(minutes=3, seconds=4), "+3 min 04 s"),
        (timedelta(hours=2, minutes=5, seconds=59), "+2 h 05 min"),
        (timedelta(days=9, hours=1), "+9 d 01 h"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(duration: timedelta, text: str) -> None:
    assert elapsed(duration) == text


def test_what_a_sender_wrote_can_neither_style_nor_steer_the_terminal() -> None:
    step = {**PERSON["steps"][0], "detail": "[red]x[/red] \x1b[2J\x9b2J\u202e"}
    text = shown(people_view([{**PERSON, "steps": [step]}]))
    assert r"[red]x[/red] \x1b[2J\x9b2J\u202e" in text


def test_somebody_without_a_upn_is_called_by_employee_id_or_key() -> None:
    nameless = {**PERSON, "userPrincipalName": None}
    assert "100002" in line_with("person ", people_view([nameless]))
    assert PERSON["key"] in line_with("person ", people_view([{**nameless, "employeeId": None}]))


def test_the_status_has_a_bar_for_each_state_as_long_as_its_share() -> None:
    view = totals_view(
        {
            "people": 4_000,
            "states": {"effective": 1_000, "waiting": 2_999, "failed": 1},
            "reasons": [
                {
                    "state": "failed",
                    "reason": "ambiguous",
                    "text": "More than one account matches; nobody was touched.",
                    "people": 1,
                }
            ],
            "flags": [],
            "flagged": [],
            "refusedMessages": 0,
            "refused": [],
        }
    )
    assert "4,000 people followed" in shown(view)
    assert line_with("effective", view).count("█") == 10
    assert line_with("waiting", view).count("█") == 30
    assert line_with("failed    ", view).count("█") == 1
    assert "More than one account matches" in shown(view)
    assert "Flag" not in shown(view)
    assert "0 refused messages" in shown(view)


def test_the_status_of_nobody_is_no_division_by_nothing() -> None:
    empty: dict[str, Any] = {name: [] for name in ("reasons", "flags", "flagged", "refused")}
    view = totals_view({"people": 0, "states": {}, "refusedMessages": 0, **empty})
    assert "0 people followed" in shown(view)


def test_the_status_names_flags_flagged_people_and_refused_messages() -> None:
    view = totals_view(
        {
            "people": 1,
            "states": {"visible": 1},
            "reasons": [],
            "flags": [{"flag": "not-effective", "text": "Not enabled.", "people": 1}],
            "flagged": [PERSON],
            "refusedMessages": 1,
            "refused": [REFUSED],
        }
    )
    assert "1 person followed" in shown(view)
    assert "Not enabled." in line_with("not-effective", view)
    assert "2026-03-02 08:05:04" in line_with("grace@contoso.test", view)
    assert "1 refused message\n" in shown(view).replace(" \n", "\n")
    refusal = line_with("String should match pattern", view)
    assert refusal.split()[2:4] == ["onboarding-events", "employeeId"]


def test_a_refused_message_shows_its_body_only_where_it_was_asked_for() -> None:
    assert '{"employeeId": "*"}' in line_with("2026-03-02", refused_view([REFUSED], bodies=True))
    assert 'employeeId"' not in shown(refused_view([REFUSED], bodies=False))


def test_an_event_shows_what_became_of_it_and_whom_it_concerned() -> None:
    done = {**REFUSED, "field": None, "detail": "", "body": None, "outcome": "onboarded"}
    view = event_view({**done, "people": [PERSON]})
    assert "2026-03-02 08:00:00" in line_with("dealt with", view)
    assert "onboarded: " in line_with("outcome", view)
    assert "grace@contoso.test" in shown(view)
    assert "employeeId" in line_with("field   ", event_view({**REFUSED, "people": []}))


def test_a_bar_is_always_full_and_nobody_is_too_few_to_be_seen_in_it() -> None:
    text = bar({"resettable": 9_000, "effective": 999, "failed": 1}).plain
    assert len(text) == WIDTH
    assert text.count("!") == 1
    assert text.startswith("█" * 34)
    assert "▓" in text


def test_every_state_has_a_stroke_of_its_own_in_a_bar() -> None:
    text = bar(dict.fromkeys(map(str, State), 1)).plain
    assert len(text) == WIDTH
    assert len(set(text)) == len(State)


def test_the_bar_of_nobody_is_empty_and_as_wide_as_a_full_one() -> None:
    assert len(bar({}).plain) == len(bar({"failed": 0}).plain) == WIDTH
    assert set(bar({}).plain) == {"·"}


def test_a_state_that_this_version_does_not_know_is_shown_all_the_same() -> None:
    assert bar({"ascended": 3}).plain == "?" * WIDTH
    assert legend({"ascended": 3}).plain == "? ascended 3 (100 %)"


def test_a_legend_tells_each_state_with_its_people_and_share_in_the_order_given() -> None:
    assert legend({"resettable": 2_999, "failed": 1}).plain == (
        "█ resettable 2,999 (>99 %)  ! failed 1 (<1 %)"
    )


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "0 %"),
        (0, 5, "0 %"),
        (5, 5, "100 %"),
        (1, 3, "33 %"),
        (1, 1_000, "<1 %"),
        (999, 1_000, ">99 %"),
    ],
)
def test_a_share_is_none_or_all_only_where_it_is(part: int, whole: int, text: str) -> None:
    assert percent(part, whole) == text


def test_accepted_events_are_shown_with_the_key_to_follow_them_by() -> None:
    assert line_with("grace", accepted_view([("grace@contoso.test", "k1")])).split() == [
        "grace@contoso.test",
        "k1",
    ]


def test_the_app_s_version_is_shown_with_the_time_since_which_it_writes() -> None:
    """Nothing of an older app, which does not say it."""
    app = VersionView.model_validate({"version": "0.3.0+1a2b3c4", "since": "2026-03-02T08:00:00Z"})
    said = shown(Group(*totals.version_line(app)))
    assert "the app is version 0.3.0+1a2b3c4 since 2026-03-02 08:00:00 UTC" in said
    assert list(totals.version_line(None)) == []
