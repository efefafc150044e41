"""What operators see of the rollout, its gates and its plans."""

import io
from typing import Any

import pytest
from rich.console import Console, RenderableType

from cli import plain
from cli.render import plan as plans
from cli.render import rollout as rollouts
from cli.render.plan import Report, report_markdown, report_view
from shared.contracts.api.plan_views import PlanView, RollbackView
from shared.contracts.api.rollout_views import EvaluationsView, EvaluationView, RolloutView
from tests.support.cli_samples import (
    DAY,
    FINGERPRINT,
    NOW,
    counts,
    evaluation,
    gate,
    paused,
    plan,
    planned_wave,
    reconciliation,
    rollback,
    rollout,
    upcoming,
    wave,
    worker,
)


def rollout_view(found: dict[str, Any] | None) -> RenderableType:
    return rollouts.rollout_view(None if found is None else RolloutView.model_validate(found))


def gates_view(*looks: EvaluationView) -> RenderableType:
    return rollouts.gates_view(EvaluationsView(evaluations=looks))


def phase_text(found: dict[str, Any]) -> str:
    return plain.phase_text(RolloutView.model_validate(found))


def plan_report(found: dict[str, Any]) -> Report:
    return plans.plan_report(PlanView.model_validate(found))


def rollback_report(found: dict[str, Any]) -> Report:
    return plans.rollback_report(RollbackView.model_validate(found))


def shown(view: RenderableType, width: int = 200) -> str:
    console = Console(record=True, width=width, file=io.StringIO(), color_system=None)
    console.print(view)
    return console.export_text()


def line_with(text: str, view: RenderableType) -> str:
    return next(line for line in shown(view).splitlines() if text in line)


def below(text: str, view: RenderableType) -> str:
    lines = shown(view).splitlines()
    return lines[next(n for n, line in enumerate(lines) if text in line) + 1]


# --- the rollout ---


def test_a_worker_s_version_is_shown_since_when_and_with_what_does_not_fit() -> None:
    """An older or newer one says what to do; one that says nothing is unknown."""
    newer = worker(version="0.4.0", version_since=NOW, fit="newer than the app (0.3.0)")
    view = rollout_view(rollout(workers=(newer, worker(worker="w-2"))))
    line = next(one for one in shown(view).splitlines() if "0.4.0" in one)
    assert "2026-03-02 08:00:00" in line
    assert "newer than the app (0.3.0)" in line
    assert any("w-2" in one and "unknown" in one for one in shown(view).splitlines())


def test_a_rollout_shows_its_phase_since_when_by_whom_and_what_comes_next() -> None:
    view = rollout_view(rollout())
    assert shown(view).startswith("Contoso SSPR")
    assert "soaking since 2026-03-02 08:00:00 UTC by key: kim" in line_with("phase", view)
    assert "The gates are looked at. (2026-03-03 08:00:00 UTC)" in line_with("next", view)
    assert "version 2, d1d1d1d1d1d1" in line_with("document", view)


def test_what_comes_next_says_what_it_is_and_its_time_once() -> None:
    begins = upcoming(does="the next wave begins", text="the rollout has been applied", until=None)
    soaks = upcoming(text="wave pilot soaks until 2026-03-03 08:00 UTC", until=NOW + DAY)
    told = [
        line_with("next", rollout_view(rollout(next=move))).removeprefix("next").strip()
        for move in (begins, soaks)
    ]
    assert told == ["the next wave begins: the rollout has been applied", soaks.text]


def test_a_pause_shows_its_typed_reason_and_the_detail_once() -> None:
    view = rollout_view(
        rollout("paused", pause=paused("gate-failed", "visible: 80 %"), reason="visible: 80 %")
    )
    assert "gate-failed: The text of gate-failed." in line_with("paused  ", view)
    assert shown(view).count("visible: 80 %") == 1
    other = rollout("paused", pause=paused("gate-failed", "visible: 80 %"), reason="the clock")
    assert "visible: 80 %" in line_with("because", rollout_view(other))


def test_a_wave_is_a_bar_by_state_with_a_legend_and_one_ahead_is_empty() -> None:
    view = rollout_view(rollout())
    assert line_with("pilot", view).count("█") == 40
    five = line_with("five          soaking", view)
    assert (five.count("█"), five.count("▓"), five.count("!")) == (23, 12, 5)
    legend = below("five          soaking", view)
    assert "100 people" in legend
    assert "█ resettable 60 (60 %)  ▓ effective 30 (30 %)  ! failed 10 (10 %)" in legend
    assert line_with("ahead", view).count("·") == 40


def test_a_wave_that_soaks_says_until_when_and_how_many_need_a_look() -> None:
    soaking = wave("five", "soaking", {"visible": 9}, soak_ends=NOW + DAY, flagged=2)
    legend = below("five  soaking", rollout_view(rollout(waves=(soaking,))))
    assert "2 flagged  soaks until 2026-03-03 08:00:00 UTC" in legend


def test_the_last_look_at_the_gates_has_a_line_for_each_gate_and_the_decision() -> None:
    looked = evaluation(
        gate("visible"),
        gate("writebackFailures", "failed", text="3 of 20 resets failed."),
        outcome="failed",
        decision="paused the rollout",
    )
    view = rollout_view(rollout(evaluation=looked))
    heading = "Gates of five at 2026-03-02 08:00:00 UTC: failed; paused the rollout"
    assert line_with("Gates of", view).rstrip() == heading
    assert line_with("writebackFailures", view).split()[0] == "failed"
    assert "3 of 20 resets failed." in line_with("writebackFailures", view)


def test_the_drift_of_the_last_reconciliation_is_counted_and_its_problem_told() -> None:
    found = reconciliation(
        removed_by_hand=("a", "b"), added_by_hand=("c",), repaired=1, problem="too many"
    )
    view = rollout_view(rollout(reconciliation=found))
    drift = "2 taken out and 1 put in by somebody else; 1 of them undone"
    assert drift in line_with("drift", view)
    assert "too many" in line_with("problem", view)
    assert line_with("drift", rollout_view(rollout(reconciliation=reconciliation()))).split() == [
        "drift",
        "none",
    ]


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("no_longer_members", "2 there before the rollout and gone, whom nothing else wants"),
        ("former_group", "2 of the group of before, not in this one yet"),
    ],
)
def test_whoever_is_missing_by_nobody_s_hand_is_told_as_drift_too(field: str, told: str) -> None:
    found = reconciliation(**{field: ("a", "b")})
    view = rollout_view(rollout(reconciliation=found))
    assert told in " ".join(shown(view).split())


def test_a_drift_of_as_many_as_the_app_names_may_be_more() -> None:
    found = reconciliation(removed_by_hand=tuple(map(str, range(100))))
    assert "100 or more taken out" in shown(rollout_view(rollout(reconciliation=found)))


def test_a_worker_in_trouble_is_told_from_one_in_good_health() -> None:
    broken = worker(
        worker="worker-2", directory_answers=False, sync_succeeded=False, problem="no LDAPS"
    )
    new = worker(worker="worker-3", sync_succeeded=None, sync_ended_at=None)
    hindered = worker(worker="worker-4", hindrance="hangs", hindered_since=NOW)
    assert "since 2026" in shown(rollout_view(rollout(workers=(hindered,))))
    view = rollout_view(rollout(workers=(worker(), broken, new)))
    assert line_with("worker-1", view).split()[3:5] == ["answers", "succeeded"]
    assert "is silent" in line_with("worker-2", view)
    assert "failed" in line_with("worker-2", view)
    assert "no LDAPS" in line_with("worker-2", view)
    assert "unknown" in line_with("worker-3", view)


def test_a_worker_whose_clock_is_off_is_told_by_how_much() -> None:
    ahead, behind = worker(worker="w-1", clock_ahead=71), worker(worker="w-2", clock_ahead=-20)
    view = rollout_view(rollout(workers=(ahead, behind)))
    assert "clock 71 s ahead" in line_with("w-1", view)
    assert "clock 20 s behind" in line_with("w-2", view)


def test_before_the_first_rollout_the_way_to_one_is_told() -> None:
    assert "sspr plan FILE" in shown(rollout_view(None))


def test_what_a_document_says_can_neither_style_nor_steer_the_terminal() -> None:
    evil = "[red]x[/red]\x1b[2J"
    text = shown(
        rollout_view(
            rollout(
                name=evil,
                reason=evil,
                actor=evil,
                wave=evil,
                pause=paused(evil, evil),
                next=upcoming(move="", text=evil, until=None),
                waves=(wave(evil, evil, {evil: 1}, selection=evil),),
                evaluation=evaluation(gate(evil, evil, text=evil), wave=evil, decision=evil),
                reconciliation=reconciliation(problem=evil),
                workers=(worker(worker=evil, problem=evil),),
            )
        )
    )
    assert "\x1b" not in text
    assert text.count(r"[red]x[/red]\x1b[2J") >= 16


@pytest.mark.parametrize("width", [60, 80])
def test_a_narrow_terminal_still_shows_the_whole_of_every_bar(width: int) -> None:
    only = wave("five", "soaking", {"effective": 90, "failed": 10}, selection="everybody")
    text = shown(rollout_view(rollout(waves=(only,))), width)
    # One stroke more of each is the legend's.
    assert (text.count("▓"), text.count("!")) == (36, 6)


def test_a_line_says_where_the_rollout_is() -> None:
    assert phase_text(rollout()) == "soaking in five"
    assert phase_text(rollout("planned", wave=None)) == "planned"
    assert phase_text(rollout("paused", pause=paused())) == (
        "paused in five: The text of by-operator."
    )


def test_gates_show_value_threshold_sample_and_window_as_their_kind_has_them() -> None:
    looked = evaluation(
        gate("visible"),
        gate("backlog", value=7, threshold=5, outcome="failed", window="PT0S"),
        gate("workerAlive", value=None, outcome="inconclusive"),
    )
    view = gates_view(looked)
    assert "98.5%" in line_with("visible", view)
    assert "95.0%" in line_with("visible", view)
    assert "120 (min 20)" in line_with("visible", view)
    assert line_with("backlog", view).split()[2:4] == ["7", "5"]
    assert "0s" not in line_with("backlog", view)
    assert line_with("workerAlive", view).split()[:3] == ["inconclusive", "workerAlive", "1d"]


def test_gates_never_looked_at_are_said_to_be_so() -> None:
    assert "not been looked at" in shown(gates_view())


# --- plans and rollbacks ---


def test_a_plan_tells_each_wave_what_it_adds_and_how_many_will_be_prompted() -> None:
    view = report_view(plan_report(plan()))
    assert line_with("five  ", view).split() == ["five", "5", "%", "3d", "ahead", "88", "70", "0"]
    assert "has begun" in line_with("pilot  ", view)
    assert "2,000 people in the directory, 1,800 of them eligible" in shown(view)
    assert "1,788 to be put in, 0 to be taken out, 12 stay in" in shown(view)


def test_a_plan_tells_who_can_reset_at_once_and_who_loses_it_on_which_day() -> None:
    made = plan()
    made["waves"][0] |= {"able": 9, "losing": [{"on": "2027-02-01", "people": 4}]}
    text = shown(report_view(plan_report(made)))
    assert "Who can reset now and will lose it" in text
    (line,) = [one for one in text.splitlines() if "2027-02-01" in one]
    assert line.split()[1:3] == ["2027-02-01", "4"]


def test_a_plan_has_a_row_for_each_department_the_largest_first_and_a_column_for_each_wave() -> (
    None
):
    lines = shown(report_view(plan_report(plan()))).splitlines()
    start = lines.index(next(line for line in lines if line.startswith("department")))
    assert [line.split() for line in lines[start : start + 4]] == [
        ["department", "five", "all"],
        ["IT", "20", "900"],
        ["Sales", "60", "800"],
        ["(none)", "8", "0"],
    ]


def test_of_very_many_departments_the_smallest_are_told_together() -> None:
    departments = {f"d{number:02}": 100 - number for number in range(32)}
    many = plan(waves=(planned_wave("all", additions=9, departments=departments),))
    view = report_view(plan_report(many))
    assert "d29" in shown(view)
    assert "d30" not in shown(view)
    assert line_with("2 more departments", view).split() == ["2", "more", "departments", "139"]


def test_a_condition_of_all_gates_is_told_once_with_its_waves() -> None:
    view = report_view(plan_report(plan()))
    assert line_with("95 % seen in Entra", view).split()[:3] == ["visible", "every", "wave"]
    assert line_with("at most 5 writes", view).split()[:2] == ["backlog", "all"]
    assert shown(view).count("95 % seen in Entra") == 1
    two = plan(waves=(planned_wave("a"), planned_wave("b"), planned_wave("c", gates=())))
    assert "a, b" in line_with("95 % seen", report_view(plan_report(two)))


def test_a_plan_tells_everything_that_it_would_do_besides_and_why() -> None:
    full = plan(
        other_additions=counts(event=3),
        removals=counts(disabled=4),
        drift=counts(added_by_hand=5),
        warnings=("wave all adds nobody",),
    )
    view = report_view(plan_report(full))
    for title, count in (
        ("To be put in besides the waves", "3"),
        ("To be taken out", "4"),
        ("Left alone", "200"),
        ("Changed by somebody else", "5"),
    ):
        lines = shown(view).splitlines()
        start = next(n for n, line in enumerate(lines) if line.startswith(title))
        assert lines[start + 2].split()[0] == count
    assert "4 to be taken out" in shown(view)
    assert "warning: wave all adds nobody" in shown(view)


def test_a_plan_ends_with_the_command_that_applies_exactly_this_one() -> None:
    safe = shown(report_view(plan_report(plan())))
    assert safe.rstrip().endswith(f"sspr apply --plan {FINGERPRINT}")
    unsafe = shown(report_view(plan_report(plan(unsafe=("removals: too many",)))))
    assert "UNSAFE: removals: too many" in unsafe
    assert unsafe.rstrip().endswith("--force --reason TEXT")


def test_a_plan_as_markdown_is_made_of_headings_tables_and_the_command() -> None:
    text = report_markdown(plan_report(plan(unsafe=("too many",), warnings=("slow",))))
    assert text.startswith("## Plan for Contoso SSPR\n\n- 2,000 people in the directory")
    assert "> **Unsafe:** too many  \n> **Warning:** slow  \n" in text
    assert "### Waves\n\n| wave | selects | soak |  | to be put in | to be asked" in text
    assert "\n| --- | --- | --- | --- | --- | --- | --- |\n" in text
    assert "| five | 5 % | 3d | ahead | 88 | 70 | 0 |" in text
    assert "| Sales | 60 | 800 |" in text
    assert f"```sh\nsspr apply --plan {FINGERPRINT} --force --reason TEXT\n```\n" in text


def test_a_name_cannot_break_out_of_markdown() -> None:
    evil = "a|b <img src=x> `c` [d](e)\nf\x1b[2J"
    text = report_markdown(plan_report(plan(waves=(planned_wave(evil, additions=1),))))
    escaped = r"a\|b \<img src=x\> \`c\` \[d\](e) f\\x1b\[2J"
    assert f"| {escaped} | 5 % |" in text


def test_a_rollback_tells_who_leaves_and_who_stays_and_why() -> None:
    view = report_view(rollback_report(rollback()))
    assert "2 people would be taken out." in shown(view)
    assert line_with("An event claims them too.", view).split()[0] == "3"
    assert "another" in shown(view)
    done = rollback_report(rollback(done=True))
    assert "2 people are on their way out." in shown(report_view(done))


def test_a_rollback_of_many_names_the_first_ten_and_counts_the_rest() -> None:
    many = rollback(removals=3_000, departing=tuple(f"id-{number}" for number in range(200)))
    text = shown(report_view(rollback_report(many)))
    assert "id-9" in text
    assert "id-10" not in text
    assert "and 2,990 more" in text


# --- a narrow terminal ---

LONG = "98.5 % of 120 people are visible, 3 more may still be; 95.0 % are needed by Monday noon"
NARROW = [
    gates_view(evaluation(gate("visible", text=LONG), gate("writebackFailures"))),
    rollout_view(rollout(workers=[worker(problem="The directory does not answer: " + LONG)])),
    report_view(plan_report(plan(skips=counts(unlicensed=3)))),
]


@pytest.mark.parametrize("view", NARROW)
@pytest.mark.parametrize("width", [80, 100, 200])
def test_no_line_is_wider_than_the_terminal_but_a_command_to_be_copied(
    view: RenderableType, width: int
) -> None:
    lines = [line.rstrip() for line in shown(view, width).splitlines()]
    assert [line for line in lines if len(line) > width and "sspr " not in line] == []


@pytest.mark.parametrize("view", NARROW)
def test_a_narrow_terminal_shows_every_word_whole(view: RenderableType) -> None:
    assert set(shown(view, 200).split()) == set(shown(view, 80).split())


def test_where_a_long_text_has_no_room_beside_its_row_it_goes_below() -> None:
    lines = shown(NARROW[0], 80).splitlines()
    row = next(number for number, line in enumerate(lines) if "visible" in line)
    assert lines[row].split() == [
        "passed",
        "visible",
        "98.5%",
        "95.0%",
        "120",
        "(min",
        "20)",
        "1d",
    ]
    assert " ".join(" ".join(lines[row + 1 : row + 3]).split()) == LONG
    assert LONG in line_with("visible", NARROW[0])
