"""What gates have in common that ask what people met who reset their password."""

from datetime import timedelta

from shared.domain.rollout.gates.kind import Duration, failure_limit, window

RESET_WINDOW = window(
    timedelta(days=1),
    "How far back to look; never to before the wave or the last resume.",
    Duration(
        timedelta(minutes=1),
        timedelta(days=30),
        "; the directory keeps its audit log for 30 days",
        name="ResetWindow",
    ),
)
RESET_FAILURE_LIMIT = failure_limit(
    1,
    "So many failures in a row pause the rollout. 1 by default: people cannot help themselves "
    "while it fails.",
)
