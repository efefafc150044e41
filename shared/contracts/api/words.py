"""Words of the operator API that operators choose by; nothing else, so that help costs nothing.

They are the domain's (a test sees to that), but published: a word here outlives a renaming there.
"""

from enum import StrEnum


class PersonState(StrEnum):
    """Where a person is."""

    REQUESTED = "requested"
    WAITING = "waiting"
    APPLIED = "applied"
    VISIBLE = "visible"
    EFFECTIVE = "effective"
    REGISTERED = "registered"
    RESETTABLE = "resettable"
    LOST = "lost"
    EXCLUDED = "excluded"
    FAILED = "failed"
    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"


class RolloutPhase(StrEnum):
    """Where the rollout is."""

    PLANNED = "planned"
    PROGRESSING = "progressing"
    SOAKING = "soaking"
    PAUSED = "paused"
    ABORTED = "aborted"
    COMPLETED = "completed"


class WaveState(StrEnum):
    """Where a wave is."""

    AHEAD = "ahead"
    PROGRESSING = "progressing"
    SOAKING = "soaking"
    DONE = "done"
    ROLLED_BACK = "rolled-back"
    STOPPED = "stopped"


class GateUnit(StrEnum):
    """What a gate's value counts."""

    SHARE = "share"
    PEOPLE = "people"
    NOTHING = "nothing"


class OperationState(StrEnum):
    """How an operation stands."""

    QUEUED = "queued"
    SUCCEEDED = "succeeded"
    REFUSED = "refused"


class ForecastBy(StrEnum):
    """What a forecast groups people by."""

    METHOD = "method"
    WAVE = "wave"
    DEPARTMENT = "department"


class Health(StrEnum):
    """How the app is."""

    OK = "ok"
    DEGRADED = "degraded"
    MISCONFIGURED = "misconfigured"


class CheckVerdict(StrEnum):
    """What a check of the doctor's comes to."""

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"


class CheckPart(StrEnum):
    """What a check of the doctor's looks at."""

    TENANT = "tenant"
    HOST = "host"
    ACCESS = "access"


class NamedStanding(StrEnum):
    """What comes of naming a person whose reset is to be checked."""

    ASKED = "asked"
    CLOUD = "cloud"
    """Nothing is written back for them."""
    NOBODY = "nobody"


class PlanAction(StrEnum):
    """What a plan does about a person; kept with the plan."""

    ADD = "add"
    REMOVE = "remove"
    SKIP = "skip"
    DRIFT = "drift"
