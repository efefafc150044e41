"""Control: an operator's word that may not be said twice when its answer is lost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cli.client import OperatorApi
from cli.exits import Failure, Status, Unanswered
from cli.plain import phase_text
from cli.terminal import tell
from shared.contracts.api.rollout_views import RolloutView
from shared.contracts.api.words import RolloutPhase


@dataclass(frozen=True, slots=True)
class _Verb:
    is_heard: Callable[[RolloutView], bool] = lambda _: False
    """Whether the rollout shows that it was done, whoever did it; never where nothing shows it."""
    attempts: int = 1
    """A brake is pulled again; whatever sets something going is left to the operator."""


_HELD = (RolloutPhase.PAUSED, RolloutPhase.ABORTED)
_VERBS: Mapping[str, _Verb] = {
    # Of a rollout that is aborted a pause is kept, and changes nothing.
    "pause": _Verb(lambda rollout: rollout.phase in _HELD, attempts=3),
    "abort": _Verb(lambda rollout: rollout.phase == RolloutPhase.ABORTED, attempts=3),
    "resume": _Verb(lambda rollout: rollout.active),
    "restart": _Verb(lambda rollout: rollout.phase == RolloutPhase.PLANNED),
    # The wave that is seen to have begun may be the one that the clock promoted.
    "promote": _Verb(),
}


def control(
    api: OperatorApi, verb: str, reason: str, *, skip_soak: bool | None = None
) -> RolloutView:
    """Sends an operator's word, such as `pause`; returns the rollout as it stands then.

    Where no answer comes, the rollout tells whether the word was heard.

    Raises:
        Failure: it was refused, or nobody knows whether it was heard.
    """
    unanswered: Unanswered | None = None
    for _ in range(_VERBS[verb].attempts):
        try:
            return api.control(verb, reason, skip_soak=skip_soak)
        except Unanswered as problem:
            unanswered = problem
            rollout = _rollout_after(problem, api, verb)
        except Failure:
            if unanswered is None:
                raise
            # A word that was heard the first time is refused the second time.
            rollout = _rollout_after(unanswered, api, verb)
            if not _is_heard(verb, rollout):
                raise
        if _is_heard(verb, rollout):
            tell(f"{unanswered}; but the rollout is {phase_text(rollout)}")
            return rollout
    text = f"the rollout is {phase_text(rollout)}; if that is not as it should be, say it again"
    raise _not_known(unanswered, verb, text)


def _is_heard(verb: str, rollout: RolloutView) -> bool:
    return _VERBS[verb].is_heard(rollout)


def _rollout_after(unanswered: Unanswered, api: OperatorApi, verb: str) -> RolloutView:
    try:
        rollout = api.rollout()
    except Failure as problem:
        raise _not_known(unanswered, verb, str(problem)) from None
    if rollout is None:
        raise Failure(Status.NOT_FOUND, "there is no rollout; apply a plan first")
    return rollout


def _not_known(unanswered: Unanswered | None, verb: str, text: str) -> Failure:
    return Failure(
        Status.UNREACHABLE, f"{unanswered}; nobody knows whether {verb} was heard: {text}"
    )
