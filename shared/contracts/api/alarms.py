"""The alarms that a deployment has: the same words as in its rules, which a test holds them to.

They are here so that they can be read while the app is down, by whoever is woken.
"""

from dataclasses import dataclass
from typing import Final

RUNBOOK: Final = "docs/operations.md"
"""Where each has its entry; a deployment may link to another address (`AZURE_RUNBOOK_URL`)."""
TEST: Final = "alarm-test"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm."""

    name: str
    severity: int
    """As Azure Monitor has it: 1 is an error, 2 a warning, 3 informational."""
    means: str
    first: str
    """What to do first."""

    @property
    def entry(self) -> str:
        """Where the runbook says the rest."""
        return f"{RUNBOOK}#{self.name}"


ALARMS: Final = (
    Alarm(
        "app-misconfigured",
        1,
        "The set-up of the app is wrong, and it does nothing.",
        "sspr health",
    ),
    Alarm(
        "app-silent",
        1,
        "None of the app's timers has come to an end for half an hour: it does not run, "
        "or its clock stands still.",
        "open the function app in the portal: does it run?",
    ),
    Alarm(
        "dead-letters",
        1,
        "A queue has dead letters: a message could not be dealt with, however often it was tried.",
        "sspr dead-letters list",
    ),
    Alarm(
        "drift-held",
        1,
        "Somebody else changed more memberships than are repaired unasked.",
        "sspr status, and find who else writes the group",
    ),
    Alarm(
        "ending-urgent",
        1,
        "A certificate, a password or an account that the product works by ends within a "
        "week, or has ended.",
        "sspr status, the table Ends soon; renew it now",
    ),
    Alarm(
        "events-held",
        1,
        "A sender moves more people at once than it may; an operator has to let them "
        "through, or drop them.",
        "sspr held list",
    ),
    Alarm(
        "logs-capped",
        1,
        "The day's volume of logs is reached: until it is reset no other alarm sees anything.",
        "sspr status, and the workspace's Usage and estimated costs",
    ),
    Alarm(
        "plan-unsafe",
        1,
        "What was to be done would have touched too many people; nothing was done.",
        "sspr status",
    ),
    Alarm(
        "queue-stalled",
        1,
        "A queue has held messages for half an hour without a break: nobody takes them, "
        "or not as fast as they come.",
        "look which queue, and whether its number falls; then sspr health",
    ),
    Alarm("resets-lost", 1, "People who could reset a password no longer can.", "sspr forecast"),
    Alarm(
        "rollout-paused",
        1,
        "The rollout has paused by itself and waits for an operator.",
        "sspr status",
    ),
    Alarm(
        "scope-changed",
        1,
        "The AD group no longer counts in Entra, or people in scope were converted to "
        "another source of authority.",
        "sspr status",
    ),
    Alarm(
        "sspr-scope-wrong",
        1,
        "SSPR is off, on for all or for another group, or somebody changed it and nobody can "
        "tell to what.",
        "sspr status",
    ),
    Alarm(
        "timer-overdue",
        1,
        "A timer of the app has not come to a good end for too long: reconciling, "
        "reading the report, or the minute's work fails.",
        "look at the failed functions in the workbook",
    ),
    Alarm(
        "worker-silent",
        1,
        "No hybrid worker has been heard of for half an hour; each reports every minute.",
        "look on the worker's host whether the service runs, and at its log",
    ),
    Alarm(
        "writeback-failures",
        1,
        "Too many self-service resets cannot be written to Active Directory.",
        "reset a test person's password, and tell the helpdesk",
    ),
    Alarm(
        "writing-stopped",
        1,
        "Everything that writes is stopped: nobody is put in or taken out.",
        "sspr status; sspr start when the reason is over",
    ),
    Alarm(
        "command-unanswered",
        2,
        "Commands for three people or more were not answered within an hour, however "
        "often they were issued.",
        "sspr status, the table Workers",
    ),
    Alarm(
        "condition-failed",
        2,
        "What a gate asks of the worker, AD, the sync or the backlog does not hold, "
        "whatever the rollout does.",
        "sspr status",
    ),
    Alarm(
        "dead-letter-found",
        2,
        "More dead letters lie in a queue than at the look before.",
        "sspr dead-letters list",
    ),
    Alarm(
        "drift-found",
        2,
        "Somebody else changes memberships again and again, or many of them.",
        "sspr status, and find who else writes the group",
    ),
    Alarm(
        "function-failures",
        2,
        "A function fails again and again.",
        "look at the failed functions in the workbook",
    ),
    Alarm(
        "gate-failed",
        2,
        "A gate of the current wave fails; at its limit the rollout pauses.",
        "sspr gates -n 5",
    ),
    Alarm("messages-refused", 2, "A message could not be understood; it is kept.", "sspr refused"),
    Alarm(
        "queue-deep",
        2,
        "On average more than ten thousand messages have waited in a queue for a quarter "
        "of an hour.",
        "look which queue, and whether its number falls; then sspr status",
    ),
    Alarm(
        "sender-refused",
        2,
        "An HR system cannot prove who it is, or somebody else sends in its name.",
        "look at the sender's clock, or name its application in the file of sources",
    ),
    Alarm(
        "source-silent",
        2,
        "An HR system that has sent before sends nothing for longer than its file allows.",
        "sspr status, the table HR sources; then ask whoever runs that system",
    ),
    Alarm(
        "work-postponed",
        2,
        "Batches cannot be done and are given back; nothing is lost.",
        "sspr health",
    ),
    Alarm(
        "alarm-test",
        3,
        "This is a test that an operator has asked for: nothing is wrong.",
        "tell whoever asked that it has come",
    ),
    Alarm(
        "delta-sync-problem",
        3,
        "A worker has reported trouble with the delta sync three times within two hours.",
        "sspr status, the table Workers",
    ),
    Alarm(
        "ending-soon",
        3,
        "A certificate, a password or an account that the product works by ends within a month.",
        "sspr status, the table Ends soon; plan the renewal",
    ),
    Alarm(
        "person-flagged",
        3,
        "Five people or more were flagged within a day for one reason.",
        "look in the workbook at People who do not move, by reason",
    ),
)
"""All there are, the severest first."""
