"""What each view looks like as a table; `cli.render` comes in once one is drawn.

Rich takes as long to import as all else here: help, completion and JSON do without it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cli.alarms import AlarmList
    from cli.audit_check import Verdicts
    from cli.checks import PeopleChecked
    from cli.events_file import EventsRead
    from cli.held import HeldDecided, HeldFound
    from cli.hr_trial import Trial
    from cli.letters import LettersDealtWith, LettersFound
    from cli.person_data import PersonData
    from cli.standing import Standing
    from shared.contracts.api.alarm_views import AlarmTestView
    from shared.contracts.api.check_views import PeopleCheckView
    from shared.contracts.api.dead_letter_views import DeadLetterView
    from shared.contracts.api.doctor_views import DoctorView
    from shared.contracts.api.event_views import EventView, ReceiptView
    from shared.contracts.api.forecast_views import ResetForecastView
    from shared.contracts.api.forget_views import ForgetView
    from shared.contracts.api.health_views import HealthView
    from shared.contracts.api.move_views import AdoptView, LeaveView
    from shared.contracts.api.people_views import KeptOutView, ListedPerson, PeopleView
    from shared.contracts.api.personal_data_views import EraseView
    from shared.contracts.api.plan_views import PlanView, RecoveryView, RollbackView
    from shared.contracts.api.resend_views import ResendView
    from shared.contracts.api.rollout_views import EvaluationsView, RolloutView
    from shared.contracts.api.writing_views import WritingView


def standing_table(seen: "Standing") -> "RenderableType":
    """Renders the rollout, and below it the totals; above both, what is stopped or switched off."""
    from rich.console import Group
    from rich.text import Text

    from cli.render.rollout import rollout_view, workers_view
    from cli.render.sspr import sspr_banner, sspr_footer
    from cli.render.totals import totals_view, version_line
    from cli.render.writing import allowed_footer, stop_banner

    status = seen.status
    above = (*stop_banner(status.writing), *sspr_banner(status.sspr))
    # A rollout has its own; before the first one they are known all the same.
    workers = () if seen.rollout else workers_view(status.workers)
    below = (
        *allowed_footer(status.writing),
        *sspr_footer(status.sspr),
        *version_line(status.app),
    )
    return Group(*above, rollout_view(seen.rollout), *workers, Text(), totals_view(status), *below)


def checked_table(seen: "PeopleChecked") -> "RenderableType":
    """Renders whether resets of these people would be written back."""
    from cli.render.checks import checked_view

    return checked_view(seen)


def check_table(check: "PeopleCheckView") -> "RenderableType":
    """Renders what a check of many people has found."""
    from cli.render.checks import check_view

    return check_view(check)


def writing_table(writing: "WritingView") -> "RenderableType":
    """Renders whether everything that writes goes on."""
    from cli.render.writing import writing_view

    return writing_view(writing)


def adopt_table(shown: "AdoptView") -> "RenderableType":
    """Renders what adopting the group comes to, and who would lose SSPR by it."""
    from cli.render.moves import adopt_view

    return adopt_view(shown)


def leave_table(shown: "LeaveView") -> "RenderableType":
    """Renders the next step of leaving for All."""
    from cli.render.moves import leave_view

    return leave_view(shown)


def rollout_table(rollout: "RolloutView | None") -> "RenderableType":
    """Renders the rollout as it stands."""
    from rich.console import Group

    from cli.render.rollout import rollout_view
    from cli.render.writing import stop_banner

    stopped = stop_banner(rollout.writing if rollout else None)
    return Group(*stopped, rollout_view(rollout))


def gates_table(looked: "EvaluationsView") -> "RenderableType":
    """Renders the newest looks at the gates."""
    from cli.render.rollout import gates_view

    return gates_view(looked)


def people_table(answer: "PeopleView") -> "RenderableType":
    """Renders people's ways, and what would become of whoever is not enrolled."""
    from cli.render.people import answer_view

    return answer_view(answer)


def listed_table(people: "Sequence[ListedPerson]") -> "RenderableType":
    """Renders a list of people, with what each has registered."""
    from cli.render.people import listed_view

    return listed_view(people)


def kept_table(found: "PersonData") -> "RenderableType":
    """Renders all that is kept of one person."""
    from cli.render.person_data import kept_view

    return kept_view(found)


def event_table(event: "EventView") -> "RenderableType":
    """Renders what became of an event."""
    from cli.render.people import event_view

    return event_view(event)


def foreseen_table(read: "EventsRead") -> "RenderableType":
    """Renders what each place of a file comes to."""
    from cli.render.events import foreseen_view

    return foreseen_view(read)


def accepted_table(accepted: Sequence[tuple[str, str]]) -> "RenderableType":
    """Renders the keys of accepted events."""
    from cli.render.people import accepted_view

    return accepted_view(accepted)


def refused_table(refused: "Sequence[ReceiptView]", *, bodies: bool) -> "RenderableType":
    """Renders refused messages."""
    from cli.render.totals import refused_view

    return refused_view(refused, bodies=bodies, keys=True)


def resend_table(found: "ResendView") -> "RenderableType":
    """Renders which refused messages are sent again."""
    from cli.render.plan import report_view
    from cli.render.resend import resend_report

    return report_view(resend_report(found))


def dead_letters_table(found: "LettersFound") -> "RenderableType":
    """Renders the dead letters that were found, and how many each queue has."""
    from cli.render.dead_letters import letters_view

    return letters_view(found)


def dead_letter_table(letter: "DeadLetterView") -> "RenderableType":
    """Renders a dead letter, whole."""
    from cli.render.dead_letters import letter_view

    return letter_view(letter)


def dealt_table(done: "LettersDealtWith") -> "RenderableType":
    """Renders what became of dead letters."""
    from cli.render.dead_letters import dealt_view

    return dealt_view(done)


def alarms_table(found: "AlarmList") -> "RenderableType":
    """Renders every alarm that there is."""
    from cli.render.alarms import alarms_view

    return alarms_view(found)


def alarm_test_table(tested: "AlarmTestView") -> "RenderableType":
    """Renders what is to come of an alarm that was asked for as a test."""
    from cli.render.alarms import alarm_test_view

    return alarm_test_view(tested)


def held_table(found: "HeldFound") -> "RenderableType":
    """Renders the events that a brake holds."""
    from cli.render.held import held_view

    return held_view(found)


def decided_table(done: "HeldDecided") -> "RenderableType":
    """Renders what became of held events."""
    from cli.render.held import decided_view

    return decided_view(done)


def health_table(seen: "HealthView") -> "RenderableType":
    """Renders the app's health."""
    from cli.render.health import health_view

    return health_view(seen)


def plan_table(plan: "PlanView") -> "RenderableType":
    """Renders a plan before any write."""
    from cli.render.plan import plan_report, report_view

    return report_view(plan_report(plan))


def plan_markdown(plan: "PlanView") -> str:
    """Writes the same plan for a change request."""
    from cli.render.plan import plan_report, report_markdown

    return report_markdown(plan_report(plan))


def forecast_table(found: "ResetForecastView") -> "RenderableType":
    """Renders who can reset a password today and on a day ahead."""
    from cli.render.forecast import forecast_report
    from cli.render.plan import report_view

    return report_view(forecast_report(found))


def forecast_markdown(found: "ResetForecastView") -> str:
    """Writes the same for a report."""
    from cli.render.forecast import forecast_report
    from cli.render.plan import report_markdown

    return report_markdown(forecast_report(found))


def rollback_table(rollback: "RollbackView") -> "RenderableType":
    """Renders who leaves with a wave, and who stays."""
    from cli.render.plan import report_view, rollback_report

    return report_view(rollback_report(rollback))


def recovery_table(recovery: "RecoveryView") -> "RenderableType":
    """Renders what an older ledger and the world differ in."""
    from cli.render.plan import recovery_report, report_view

    return report_view(recovery_report(recovery))


def excluded_table(people: "Sequence[KeptOutView]") -> "RenderableType":
    """Renders whom operators keep out."""
    from cli.plain import moment
    from cli.render.layout import table

    columns = ("person", "object id", "state", "reason", "until (UTC)", "by", "because")
    rows = [
        (
            one.user_principal_name or "",
            one.key,
            one.state,
            one.reason,
            moment(one.until) or "",
            one.actor,
            one.detail,
        )
        for one in people
    ]
    return table(columns, rows)


def forget_table(forgotten: "ForgetView") -> "RenderableType":
    """Renders what becomes of whom if events are forgotten."""
    from cli.render.forget import forget_report
    from cli.render.plan import report_view

    return report_view(forget_report(forgotten))


def erase_table(erased: "EraseView") -> "RenderableType":
    """Renders what is erased of a person, what is kept, and where this product cannot erase."""
    from cli.render.erase import erase_view

    return erase_view(erased)


def trial_table(trial: "Trial") -> "RenderableType":
    """Renders what an HR system's message comes to."""
    from cli.render.hr import trial_view

    return trial_view(trial)


def verdicts_table(verdicts: "Verdicts") -> "RenderableType":
    """Renders what is wrong with each chain of the audit."""
    from cli.render.layout import table

    columns = ("partition", "records", "verdict", "digest of the last")
    rows = [
        (one.partition, f"{one.number:,}", one.problem or "unbroken", one.digest)
        for one in verdicts.partitions
    ]
    return table(columns, rows)


def doctor_table(seen: "DoctorView") -> "RenderableType":
    """Renders what each check says, and below it what to do."""
    from cli.render.doctor import doctor_view

    return doctor_view(seen)
