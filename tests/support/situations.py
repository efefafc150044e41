"""The runbook's situations: each with its alarms, its part of the page and its rehearsals.

    python -m tests.support.situations            # the table
    python -m tests.support.situations --tests    # the rehearsals, as pytest takes them

A rehearsal is a test that brings the situation about and finds the way out of it. Whoever adds a
situation to the runbook adds it here; whoever renames a rehearsal is told.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Situation:
    """What can go wrong as a whole; the heading is that of its part of the runbook."""

    heading: str
    alarms: Sequence[str]
    rehearsals: Sequence[str]
    """By pytest's names, `FILE::TEST`."""


SITUATIONS = (
    Situation(
        "The rollout stands still",
        ("rollout-paused", "gate-failed", "plan-unsafe"),
        (
            "tests/e2e/test_runbook.py::test_the_rehearsal_goes_as_the_runbook_says",
            "tests/e2e/test_rollout_trouble.py::test_a_failing_writeback_pauses_the_rollout_by_itself",
        ),
    ),
    Situation(
        "The worker is gone",
        (
            "command-unanswered",
            "worker-silent",
        ),
        (
            "tests/e2e/test_crashes.py::test_the_worker_dies_between_the_write_in_ad_and_its_answer",
            "tests/integration/test_worker_kills.py::test_after_kills_every_command_is_answered_as_done_once",
        ),
    ),
    Situation(
        "The worker has no way to Service Bus",
        ("worker-silent",),
        (
            "tests/integration/test_worker_service_bus.py::test_after_a_broker_has_been_away_the_worker_goes_on",
        ),
    ),
    Situation(
        "AD refuses the worker",
        ("condition-failed", "gate-failed"),
        (
            "tests/integration/test_worker_directory_faults.py::test_a_lock_out_at_run_time_is_told_by_its_name_and_not_made_worse",
            "tests/integration/test_worker_restarts.py::test_while_ad_is_away_the_worker_stays_says_so_and_takes_nothing",
        ),
    ),
    Situation(
        "The worker lives and is not heard of",
        ("worker-silent", "logs-capped"),
        (
            "tests/e2e/test_back_a_version.py::test_a_newer_worker_is_heard_of_though_it_says_more_than_is_known",
        ),
    ),
    Situation(
        "Messages were set aside",
        ("dead-letter-found", "dead-letters", "messages-refused"),
        (
            "tests/e2e/test_bad_input.py::test_a_command_that_is_not_json_is_dead_lettered_with_the_reason",
            "tests/use_cases/test_deal_with_dead_letters.py::test_an_event_that_is_sent_again_is_known_by_its_key_and_time_of_before",
        ),
    ),
    Situation(
        "Graph refuses the app",
        ("work-postponed", "function-failures"),
        (
            "tests/use_cases/writing/test_apply_scope_changes.py::test_a_group_that_is_not_ours_to_write_flags_its_people_and_loses_nobody",
        ),
    ),
    Situation(
        "Quotas are used up",
        ("work-postponed",),
        (
            "tests/contract/graph_adapter/test_graph_adapter_faults.py::test_the_tenants_own_quota_slows_reads_down_and_loses_none",
            "tests/contract/graph_adapter/test_graph_adapter_faults.py::test_only_the_throttled_item_of_a_batch_is_sent_again_and_after_its_time",
        ),
    ),
    Situation(
        "Changes do not reach Entra",
        ("delta-sync-problem", "person-flagged", "condition-failed", "gate-failed"),
        (
            "tests/e2e/test_connect_trouble.py::test_a_host_that_will_not_sync_delays_people_and_loses_none",
        ),
    ),
    Situation(
        "A group was deleted",
        ("scope-changed", "rollout-paused"),
        (
            "tests/use_cases/rollout/test_reconcile.py::test_a_group_that_is_gone_pauses_the_rollout",
            "tests/contract/test_health.py::test_what_was_deleted_is_missing",
        ),
    ),
    Situation(
        "SSPR was switched off or to everybody",
        ("sspr-scope-wrong", "rollout-paused", "resets-lost"),
        (
            "tests/e2e/test_sspr_switched.py::test_whom_sspr_is_on_for_is_noticed_pauses_once_and_is_over",
        ),
    ),
    Situation(
        "Many people are in who should not be",
        ("drift-found", "events-held", "drift-held", "writing-stopped"),
        (
            "tests/use_cases/test_write_pace.py::test_too_many_hires_within_an_hour_stop_everything_and_are_written_once_they_are_meant",
            "tests/e2e/test_limits.py::test_more_hires_and_leavers_than_an_hour_allows_are_written_once_they_are_meant",
            "tests/use_cases/rollout/test_forget_events.py::test_500_who_were_hired_by_mistake_are_taken_out_again",
            "tests/use_cases/rollout/test_forget_events.py::test_a_mass_offboarding_is_taken_back",
        ),
    ),
    Situation(
        "A wrong person is in scope",
        (),
        (
            "tests/e2e/test_rollout_trouble.py::test_an_operator_includes_and_excludes_people_by_hand",
        ),
    ),
    Situation(
        "A leaver can still reset",
        (),
        (
            "tests/e2e/test_enrolment.py::test_leavers_of_every_kind_are_taken_out",
            "tests/e2e/test_password_reset.py::test_a_leaver_can_no_longer_reset",
        ),
    ),
    Situation(
        "Storage is away",
        ("function-failures", "work-postponed", "app-silent"),
        (
            "tests/contract/test_batches.py::test_results_that_hanging_tables_keep_are_given_back_in_time",
        ),
    ),
    Situation(
        "The ledger was lost",
        ("writing-stopped", "function-failures"),
        (
            "tests/use_cases/rollout/test_recover.py::test_once_confirmed_nobody_is_put_in_or_taken_out_and_the_leaver_stays_out",
            "tests/integration/ledger/test_ledger_table.py::test_a_table_that_was_deleted_is_named_and_told_from_a_conflict",
        ),
    ),
    Situation(
        "A setting is wrong",
        ("app-misconfigured",),
        (
            "tests/unit/functions/test_start.py::test_with_a_wrong_setting_only_the_health_route_is_there",
            "tests/use_cases/test_write_pace.py::test_another_group_than_before_is_never_written_nor_looked_at_as_ours",
        ),
    ),
    Situation(
        "An app setting has to change",
        ("app-misconfigured",),
        ("tests/e2e/test_restart.py::test_a_restart_of_everything_loses_nothing",),
    ),
    Situation(
        "Something hangs",
        ("queue-deep", "queue-stalled", "timer-overdue", "worker-silent", "app-silent"),
        (
            "tests/integration/test_worker_connect_trouble.py::test_while_it_hangs_people_are_written_and_it_is_said_since_when",
            "tests/contract/test_health.py::test_a_graph_that_hangs_is_given_up_and_makes_nothing_else_late",
        ),
    ),
    Situation(
        "Back a version",
        ("function-failures", "work-postponed"),
        (
            "tests/e2e/test_back_a_version.py::test_a_ledger_that_this_version_may_not_read_is_refused_in_words_and_eats_nothing",
            "tests/e2e/test_back_a_version.py::test_a_ledger_that_this_version_may_read_is_gone_on_with",
            "tests/e2e/test_back_a_version.py::test_a_person_with_a_word_of_tomorrow_waits_and_costs_nobody_else",
            "tests/e2e/test_back_a_version.py::test_a_journal_of_a_newer_worker_is_set_aside_and_said_and_nobody_waits",
        ),
    ),
    Situation(
        "A certificate or a password ends",
        ("ending-soon", "ending-urgent"),
        (
            "tests/integration/test_worker_endings.py::test_a_worker_s_sign_of_life_tells_what_ends",
            "tests/integration/test_worker_endings.py::test_of_a_certificate_that_is_over_it_is_told_when_it_ended",
            "tests/use_cases/rollout/test_watch_endings.py::test_a_worker_s_certificate_is_told_ahead_and_no_longer_once_it_is_renewed",
        ),
    ),
    Situation(
        "An auditor asks",
        (),
        ("tests/e2e/test_rollout_trouble.py::test_the_audit_is_whole_and_names_who_did_what",),
    ),
    Situation(
        "A secret has leaked",
        ("sender-refused",),
        (
            "tests/contract/test_operator_api.py::test_where_operators_sign_in_the_token_decides_and_neither_a_key_nor_a_header",
        ),
    ),
    Situation(
        "The audit does not verify",
        (),
        (
            "tests/integration/ledger/test_ledger_audit.py::test_a_record_that_was_changed_or_taken_away_shows",
        ),
    ),
    Situation(
        "Stop everything now",
        ("writing-stopped",),
        (
            "tests/e2e/test_stop.py::test_a_stop_reaches_the_worker_before_the_commands_that_lay_there_first",
        ),
    ),
    Situation(
        "Leave the product",
        (),
        (
            "tests/e2e/test_rollout_trouble.py::test_an_abort_is_final",
            "tests/use_cases/rollout/test_leave.py::test_the_group_is_emptied_of_whom_the_product_put_in",
        ),
    ),
)


def main(words: Sequence[str]) -> None:
    """Print the table, or the rehearsals alone."""
    if "--tests" in words:
        tests = dict.fromkeys(name for one in SITUATIONS for name in one.rehearsals)
        sys.stdout.writelines(f"{name}\n" for name in tests)
        return
    for one in SITUATIONS:
        sys.stdout.write(f"{one.heading}: {', '.join(one.alarms) or 'no alarm'}\n")
        sys.stdout.writelines(f"    {name}\n" for name in one.rehearsals or ("not rehearsed",))


if __name__ == "__main__":
    main(sys.argv[1:])
