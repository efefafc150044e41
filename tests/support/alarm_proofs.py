"""How each alarm is proved, and what of it only Azure can show.

    python -m tests.support.alarm_proofs    # the table

An alarm over logs has a situation that is made on the memory world through the real use cases, the
app's real logging, and the deployed rule's own query (`tests/use_cases/test_alarms.py`). Some are
made over the real parts besides: the query runs on what the app has really logged or sent. Whoever
renames such a test is told.
"""

import sys

from shared.contracts.api.alarms import ALARMS

MADE = "tests/use_cases/test_alarms.py::test_an_alarm_comes_in_its_situation_with_every_column"
"""The test that makes the situation of every alarm over the app's own log."""
QUIET = "tests/use_cases/test_alarms.py::test_none_comes_on_a_quiet_day"

AT_THE_WIRE = {
    "alarm-test": "tests/e2e/test_health.py"
    "::test_an_alarm_that_is_tried_rings_its_own_rule_and_another_is_refused_for_a_while",
    "events-held": "tests/e2e/test_brake.py"
    "::test_who_is_beyond_a_brake_either_way_is_held_until_the_page_s_commands_decide",
    "messages-refused": "tests/contract/test_telemetry.py"
    "::test_a_refused_message_is_told_of_by_field_and_reason_and_names_nobody",
    "rollout-paused": "tests/e2e/test_rollout_trouble.py"
    "::test_a_failing_writeback_pauses_the_rollout_by_itself",
    "scope-changed": "tests/e2e/test_source_of_authority.py"
    "::test_a_change_of_the_ad_group_pauses_the_rollout_until_it_is_undone",
    "sspr-scope-wrong": "tests/e2e/test_sspr_switched.py"
    "::test_whom_sspr_is_on_for_is_noticed_pauses_once_and_is_over",
    "writing-stopped": "tests/e2e/test_stop.py"
    "::test_a_stop_reaches_the_worker_before_the_commands_that_lay_there_first",
}
"""By the alarm: the test whose real parts log what the deployed rule finds, every column filled."""

BY_HAND = {
    "function-failures": "that the Functions host writes such rows into AppRequests",
    "logs-capped": "that the workspace writes such rows into _LogOperation",
}
"""Alarms whose rows are written by hand in `tests/use_cases/test_alarms.py`, since no code of ours
writes them; each with what only Azure can show."""

BY_METRIC = {
    "dead-letters": "that Service Bus counts DeadletteredMessages of each queue",
    "queue-deep": "that Service Bus counts ActiveMessages of each queue",
    "queue-stalled": "that Service Bus counts ActiveMessages, and that a drained queue has none",
}
"""Alarms over Service Bus's own numbers: there is no query. What they look at is checked in
`tests/infra/test_monitoring.py`; each with what only Azure can show."""

EVERY = "that its rules run and reach the action group; that lines come within the window"
"""What only Azure can show of every alarm."""


def main() -> None:
    """Print the table."""
    for one in ALARMS:
        azure = BY_METRIC.get(one.name) or BY_HAND.get(one.name)
        situation = "a metric" if one.name in BY_METRIC else "rows by hand" if azure else "made"
        sys.stdout.write(f"{one.name}: {situation}\n")
        if wire := AT_THE_WIRE.get(one.name):
            sys.stdout.write(f"    at the wire: {wire}\n")
        if azure:
            sys.stdout.write(f"    only Azure shows: {azure}\n")
    sys.stdout.write(f"made by {MADE}\nnone on a quiet day: {QUIET}\n")
    sys.stdout.write(f"of every alarm only Azure shows: {EVERY}\n")


if __name__ == "__main__":
    main()
