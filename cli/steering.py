"""Steering: an operator's word that may not be said twice when its answer is lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.client import OperatorApi
from cli.exits import Failure, Status, Unanswered
from cli.render.rollout import phase_text
from cli.terminal import tell
from shared.domain.rollout import ACTIVE, Phase


@dataclass(frozen=True, slots=True)
class _Verb:
    goal: frozenset[Phase] = frozenset()
    """Phases that show that it was done, whoever did it; none where a phase shows nothing."""
    attempts: int = 1
    """A brake is pulled again; whatever sets something going is left to the operator."""


_VERBS: Mapping[str, _Verb] = {
    "pause": _Verb(frozenset({Phase.PAUSED}), attempts=3),
    "abort": _Verb(frozenset({Phase.ABORTED}), attempts=3),
    "resume": _Verb(ACTIVE),
    "restart": _Verb(frozenset({Phase.PLANNED})),
    # The wave that is seen to have begun may be the one that the clock promoted.
    "promote": _Verb(),
}


def steer(api: OperatorApi, verb: str, **said: Any) -> dict[str, Any]:
    """Say it, and answer the rollout as it stands then.

    Where no answer comes, the rollout tells whether it was heard.

    Raises:
        Failure: it was refused, or it is not known whether it was heard.
    """
    for left in reversed(range(_VERBS[verb].attempts)):
        try:
            api.steer(verb, **said)
        except Unanswered as problem:
            if _heard(api, verb, problem, is_last=not left):
                break
        except Failure as refused:
            # Only a word said twice can be refused because it was heard the first time.
            again = left < _VERBS[verb].attempts - 1
            if not (again and refused.status is Status.NOT_POSSIBLE and _is_reached(api, verb)):
                raise
            break
        else:
            break
    return _rollout(api)


def _heard(api: OperatorApi, verb: str, problem: Unanswered, *, is_last: bool) -> bool:
    """Whether the rollout shows it; where nothing shows it and it is not to be said again, fail."""
    rollout = _rollout(api)
    if rollout["phase"] in _VERBS[verb].goal:
        tell(f"{problem}; but the rollout is {phase_text(rollout)}")
        return True
    if is_last:
        text = (
            f"{problem}; nobody knows whether {verb} was heard. The rollout is "
            f"{phase_text(rollout)}; if that is not as it should be, say it again"
        )
        raise Failure(Status.UNREACHABLE, text)
    return False


def _is_reached(api: OperatorApi, verb: str) -> bool:
    return _rollout(api)["phase"] in _VERBS[verb].goal


def _rollout(api: OperatorApi) -> dict[str, Any]:
    rollout = api.rollout()
    if rollout is None:
        raise Failure(Status.NOT_FOUND, "there is no rollout; apply a plan first")
    return rollout
