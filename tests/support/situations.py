"""The runbook's situations: each with its alarms, its part of the page and its rehearsals.

    python -m tests.support.situations            # the table
    python -m tests.support.situations --tests    # the rehearsals, as pytest takes them

A rehearsal is a test that brings the situation about and finds the way out of it. Where the page
has commands for that, one of the rehearsals types them in the sandbox as they stand. Whoever adds a
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
    not_here: str = ""
    """What of the page's way out nobody has done: it needs what the sandbox has not."""
    not_typed: str = ""
    """Why no rehearsal types commands of the page; empty where one does."""


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
            "tests/e2e/test_situations_worker.py::test_a_worker_that_is_gone_is_started_and_answers_what_waited",
            "tests/e2e/test_crashes.py::test_the_worker_dies_between_the_write_in_ad_and_its_answer",
            "tests/integration/test_worker_kills.py::test_after_kills_every_command_is_answered_as_done_once",
        ),
        not_here="the service's start, on Windows and by systemd; another machine",
    ),
    Situation(
        "The worker has no way to Service Bus",
        ("worker-silent",),
        (
            "tests/e2e/test_situations_worker.py::test_a_worker_without_a_way_to_service_bus_says_so_and_goes_on_once_it_has_one",
            "tests/integration/test_worker_service_bus.py::test_after_a_broker_has_been_away_the_worker_goes_on",
        ),
        not_here="firewall, proxy, roles in Azure",
    ),
    Situation(
        "AD refuses the worker",
        ("condition-failed", "gate-failed"),
        (
            "tests/e2e/test_situations_worker.py::test_a_worker_whom_ad_refuses_names_it_and_goes_on_once_it_has_a_new_keytab",
            "tests/integration/test_worker_directory_faults.py::test_a_lock_out_at_run_time_is_told_by_its_name_and_not_made_worse",
            "tests/integration/test_worker_restarts.py::test_while_ad_is_away_the_worker_stays_says_so_and_takes_nothing",
        ),
        not_here="a domain controller of Windows",
    ),
    Situation(
        "The worker lives and is not heard of",
        ("worker-silent", "logs-capped"),
        (
            "tests/e2e/test_situations_worker.py::test_a_worker_that_lives_and_is_not_heard_of_is_heard_of_once_its_answers_are_read",
            "tests/e2e/test_back_a_version.py::test_a_newer_worker_is_heard_of_though_it_says_more_than_is_known",
        ),
        not_here="the app's update; the workspace",
    ),
    Situation(
        "Messages were set aside",
        ("dead-letter-found", "dead-letters", "messages-refused"),
        (
            "tests/e2e/test_situations_people.py::test_messages_that_were_set_aside_are_looked_at_and_dealt_with",
            "tests/e2e/test_situations_people.py::test_refused_messages_are_fixed_and_sent_again",
            "tests/e2e/test_bad_input.py::test_a_command_that_is_not_json_is_dead_lettered_with_the_reason",
            "tests/use_cases/test_deal_with_dead_letters.py::test_an_event_that_is_sent_again_is_known_by_its_key_and_time_of_before",
        ),
    ),
    Situation(
        "Graph refuses the app",
        ("work-postponed", "function-failures"),
        (
            "tests/e2e/test_situations_services.py::test_graph_refuses_the_app_and_whoever_waited_is_in_once_it_does_not",
            "tests/use_cases/writing/test_apply_scope_changes.py::test_a_group_that_is_not_ours_to_write_flags_its_people_and_loses_nobody",
        ),
        not_here="the grant in Entra, and the day's wait for a token",
    ),
    Situation(
        "Quotas are used up",
        ("work-postponed",),
        (
            "tests/e2e/test_situations_services.py::test_quotas_that_are_used_up_cost_time_and_nobody",
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
        not_here="a real Entra Connect server",
    ),
    Situation(
        "A group was deleted",
        ("rollout-paused",),
        (
            "tests/e2e/test_situations_services.py::test_a_scope_group_that_was_deleted_is_named_and_nothing_changes_once_it_is_back",
            "tests/use_cases/rollout/test_reconcile.py::test_a_group_that_is_gone_pauses_the_rollout",
            "tests/contract/test_health.py::test_what_was_deleted_is_missing",
        ),
        not_here="restoring a group in Entra; another group in its place",
    ),
    Situation(
        "The AD group was deleted",
        ("scope-changed", "rollout-paused", "drift-held", "drift-found"),
        (
            "tests/e2e/test_situations_groups.py::test_an_ad_group_that_was_deleted_pauses_and_once_made_again_everybody_is_back",
            "tests/integration/test_worker_active_directory.py::test_a_group_that_was_deleted_is_named_at_the_next_look_until_it_is_restored",
        ),
        not_here="AD's Recycle Bin; the twin's nesting in Entra",
    ),
    Situation(
        "SSPR was switched off or to everybody",
        ("sspr-scope-wrong", "rollout-paused", "resets-lost"),
        (
            "tests/e2e/test_sspr_switched.py::test_whom_sspr_is_on_for_is_noticed_pauses_once_and_is_over",
        ),
        not_here="the page of the Entra admin center",
    ),
    Situation(
        "Emptying the group was stopped",
        ("writing-stopped",),
        (
            "tests/e2e/test_situations_leaving.py::test_an_emptying_that_was_stopped_goes_on_once_all_is_selected_again",
            "tests/use_cases/rollout/test_leave.py::test_whoever_is_on_the_way_out_is_held_once_all_is_no_longer_seen",
        ),
        not_here="the page of the Entra admin center",
    ),
    Situation(
        "Many people are in who should not be",
        ("drift-found", "events-held", "drift-held", "writing-stopped"),
        (
            "tests/e2e/test_situations_people.py::test_many_who_came_in_by_a_mistake_are_taken_out_and_nobody_else_is",
            "tests/e2e/test_brake.py::test_who_is_beyond_a_brake_either_way_is_held_until_the_page_s_commands_decide",
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
            "tests/e2e/test_situations_people.py::test_one_who_must_not_be_in_is_out_by_what_the_page_types",
            "tests/e2e/test_rollout_trouble.py::test_an_operator_includes_and_excludes_people_by_hand",
        ),
        not_here="revoking sessions and methods in Entra",
    ),
    Situation(
        "A leaver can still reset",
        (),
        (
            "tests/e2e/test_situations_people.py::test_a_leaver_of_whom_nobody_said_so_can_no_longer_reset",
            "tests/e2e/test_enrolment.py::test_leavers_of_every_kind_are_taken_out",
            "tests/e2e/test_password_reset.py::test_a_leaver_can_no_longer_reset",
        ),
    ),
    Situation(
        "Storage is away",
        ("function-failures", "work-postponed", "app-silent"),
        (
            "tests/e2e/test_situations_services.py::test_storage_that_is_away_is_named_and_nothing_is_lost",
            "tests/contract/test_batches.py::test_results_that_hanging_tables_keep_are_given_back_in_time",
        ),
        not_here="network rules and roles in Azure",
    ),
    Situation(
        "The ledger was lost",
        ("writing-stopped", "function-failures"),
        (
            "tests/e2e/test_ledger_lost.py::test_tables_of_before_put_in_nobody_who_left_since_and_take_out_nobody_who_came",
            "tests/e2e/test_ledger_lost.py::test_a_ledger_that_was_emptied_is_taken_up_and_the_waves_begin_again_with_the_same_people",
            "tests/e2e/test_ledger_lost.py::test_a_table_that_was_deleted_is_named_and_nothing_is_written_or_lost_meanwhile",
            "tests/use_cases/rollout/test_recover.py::test_once_confirmed_nobody_is_put_in_or_taken_out_and_the_leaver_stays_out",
            "tests/integration/ledger/test_ledger_table.py::test_a_table_that_was_deleted_is_named_and_told_from_a_conflict",
        ),
        not_here="`azd provision`; copying tables in Azure",
    ),
    Situation(
        "A setting is wrong",
        ("app-misconfigured",),
        (
            "tests/e2e/test_situations_services.py::test_a_setting_that_is_wrong_is_named_and_the_app_does_nothing_until_it_is_right",
            "tests/unit/functions/test_start.py::test_with_a_wrong_setting_only_the_health_route_is_there",
            "tests/use_cases/test_write_pace.py::test_another_group_than_before_is_never_written_nor_looked_at_as_ours",
        ),
        not_here="setting it in Azure",
    ),
    Situation(
        "An app setting has to change",
        ("app-misconfigured",),
        (
            "tests/e2e/test_situations_services.py::test_a_setting_that_decides_who_is_written_is_changed_while_all_is_stopped",
            "tests/e2e/test_restart.py::test_a_restart_of_everything_loses_nothing",
        ),
        not_here="`azd env set`, `azd provision`, `az functionapp`",
    ),
    Situation(
        "Something hangs",
        ("queue-deep", "queue-stalled", "timer-overdue", "worker-silent", "app-silent"),
        (
            "tests/e2e/test_situations_services.py::test_what_hangs_is_named_and_whoever_waited_for_it_is_in_afterwards",
            "tests/integration/test_worker_connect_trouble.py::test_while_it_hangs_people_are_written_and_it_is_said_since_when",
            "tests/contract/test_health.py::test_a_graph_that_hangs_is_given_up_and_makes_nothing_else_late",
        ),
        not_here="restarting the app in Azure",
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
        not_here="`azd provision`, `azd deploy`, an older release",
    ),
    Situation(
        "A certificate or a password ends",
        ("ending-soon", "ending-urgent"),
        (
            "tests/e2e/test_situations_endings.py::test_what_ends_within_days_is_said_until_it_is_renewed_as_the_page_has_it",
            "tests/integration/test_worker_endings.py::test_a_worker_s_sign_of_life_tells_what_ends",
            "tests/integration/test_worker_endings.py::test_of_a_certificate_that_is_over_it_is_told_when_it_ended",
            "tests/use_cases/rollout/test_watch_endings.py::test_a_worker_s_certificate_is_told_ahead_and_no_longer_once_it_is_renewed",
        ),
        not_here="a renewal by an authority, or in Entra; a password that has grown old",
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
            "tests/e2e/test_situations_services.py::test_a_key_that_has_leaked_opens_nothing_once_it_is_another",
            "tests/contract/test_operator_api.py::test_where_operators_sign_in_the_token_decides_and_neither_a_key_nor_a_header",
        ),
        not_here="`az functionapp keys set`, the key vault, Entra's app registrations",
    ),
    Situation(
        "The audit does not verify",
        (),
        (
            "tests/e2e/test_situations_people.py::test_an_audit_that_does_not_verify_is_kept_as_it_was_found",
            "tests/integration/ledger/test_ledger_audit.py::test_a_record_that_was_changed_or_taken_away_shows",
        ),
        not_here="the storage account's own log",
    ),
    Situation(
        "Stop everything now",
        ("writing-stopped",),
        (
            "tests/e2e/test_stop.py::test_a_stop_reaches_the_worker_before_the_commands_that_lay_there_first",
        ),
        not_here="`az functionapp stop`",
    ),
    Situation(
        "Leave the product",
        (),
        (
            "tests/e2e/test_rollout_trouble.py::test_an_abort_is_final",
            "tests/e2e/test_adopt_and_leave.py::test_from_all_to_the_group_and_back_to_all_nobody_loses_sspr",
            "tests/use_cases/rollout/test_leave.py::test_the_group_is_emptied_of_whom_the_product_put_in",
        ),
        not_here="`azd down`, removing the worker and its rights",
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
